//! How the interface reaches the client core: through the desktop window, through the local agent, or (for
//! screenshots and tests) sample data in memory. Found out once, at the start.
//!
//! Not here: what commands mean (`groundplan_shared::api`) and what is shown of their answers.

mod event;
mod http;
pub mod json;
#[cfg(feature = "mock")]
mod mock;
mod tauri;

pub use json::{Json, parse};

use std::pin::Pin;

use groundplan_shared::api::{ApiError, Command, ErrorCode, Event};

use crate::text::t;

/// An answer under way.
pub type Asked = Pin<Box<dyn Future<Output = Result<String, ApiError>>>>;

/// Writes the parameters of a command.
pub fn encode<P: Command>(params: &P) -> String {
    json::write(params)
}

/// Reads the answer to a command.
///
/// # Errors
/// The error that came instead; `InvalidInput` where the two sides differ in version and do not understand each
/// other.
pub fn decode<P: Command>(answer: Result<String, ApiError>) -> Result<P::Response, ApiError> {
    json::read(&answer?).ok_or_else(|| garbled(P::METHOD))
}

/// A way to the client core. Copied freely; it holds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// The window of the desktop program.
    Tauri,
    /// The local agent, in a browser.
    #[cfg_attr(feature = "mock", expect(dead_code, reason = "the sample data takes its place"))]
    Http,
    /// Sample data in memory.
    #[cfg(feature = "mock")]
    Mock,
}

/// What the transport itself tells, besides the events of the core.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// The core said something.
    Event(Box<Event>),
    /// Events flow (again); some may have been missed.
    Connected,
    /// The core cannot be reached; the transport keeps trying.
    Lost,
}

/// What the desktop's file dialog chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// One file.
    File,
    /// One folder.
    Folder,
}

impl Transport {
    /// Finds out where this interface runs.
    pub fn detect() -> Self {
        #[cfg(feature = "mock")]
        {
            Self::Mock
        }
        #[cfg(not(feature = "mock"))]
        {
            if tauri::present() { Self::Tauri } else { Self::Http }
        }
    }

    /// Carries out a command, both sides as JSON texts. Not generic, and boxed: what it takes to wait for an
    /// answer is then compiled once and not once per command.
    ///
    /// # Errors
    /// Whatever the core answers; `Offline` where it cannot be reached.
    pub fn ask(self, method: &'static str, params: String) -> Asked {
        Box::pin(async move {
            match self {
                Self::Tauri => tauri::call(method, &params).await,
                Self::Http => http::call(method, &params).await,
                #[cfg(feature = "mock")]
                Self::Mock => mock::call(method, &params),
            }
        })
    }

    /// Calls back with every event until the page closes.
    pub fn listen(self, callback: impl Fn(Signal) + 'static) {
        match self {
            Self::Tauri => tauri::listen(callback),
            Self::Http => http::listen(callback),
            #[cfg(feature = "mock")]
            Self::Mock => mock::listen(callback),
        }
    }

    /// Says whether files are chosen by path in the desktop's dialog; otherwise the browser hands over content.
    pub fn picks_paths(self) -> bool {
        self == Self::Tauri
    }

    /// Opens the desktop's file dialog; none if the person closed it.
    ///
    /// # Errors
    /// `Unsupported` where there is no such dialog.
    pub async fn pick(self, what: Pick) -> Result<Option<String>, ApiError> {
        match self {
            Self::Tauri => tauri::pick(what).await,
            _ => Err(ApiError::new(ErrorCode::Unsupported, t("error.no_dialog"), t("error.no_dialog_hint"))),
        }
    }
}

fn garbled(method: &str) -> ApiError {
    ApiError::new(
        ErrorCode::InvalidInput,
        crate::text::fill("error.garbled", &[("method", method)]),
        t("error.garbled_hint"),
    )
}

/// Reads an error that the core sent, or makes one of what came instead.
fn read_error(method: &str, text: &str) -> ApiError {
    json::read(text).unwrap_or_else(|| garbled(method))
}
