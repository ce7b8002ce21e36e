//! The error that every command answers with, on every transport.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::validate::FieldError;

/// What kind of trouble it is. Stable: programs may rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A parameter is missing or malformed.
    InvalidInput,
    /// There is no such command.
    UnknownMethod,
    /// The thing named does not exist (any more).
    NotFound,
    /// The caller may not do this.
    NotAllowed,
    /// It clashes with the present state.
    Conflict,
    /// An import source cannot be read as what it claims to be.
    ImportRefused,
    /// The profile is locked, or not made yet: everything waits for a passphrase.
    Locked,
    /// The store's key is missing from the keyring.
    KeyMissing,
    /// The passphrase or key does not open the store.
    KeyWrong,
    /// The store was written by a newer program; it opens read-only.
    StoreNewer,
    /// The store's file is damaged.
    StoreCorrupt,
    /// Another process holds the store.
    StoreBusy,
    /// The disk is full or cannot be written.
    StorageFailed,
    /// The workspace is connected to no server, or nobody is signed in.
    NotConnected,
    /// The server cannot be reached.
    Offline,
    /// The server refuses; the message says why.
    ServerRefused,
    /// What the server sent fails a check.
    ServerUntrusted,
    /// Too many attempts; try again later.
    RateLimited,
    /// It was cancelled on request.
    Cancelled,
    /// This platform or build cannot do it.
    Unsupported,
}

impl ErrorCode {
    /// Returns the process exit code of the command line (documented in `groundplan help exit-codes`).
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::InvalidInput | Self::UnknownMethod => 2,
            Self::NotFound => 3,
            Self::Conflict => 4,
            Self::NotAllowed => 5,
            Self::ImportRefused => 6,
            Self::Locked | Self::KeyMissing | Self::KeyWrong => 7,
            Self::StoreNewer | Self::StoreCorrupt | Self::StoreBusy | Self::StorageFailed => 8,
            Self::NotConnected | Self::Offline => 9,
            Self::ServerRefused | Self::RateLimited => 10,
            Self::ServerUntrusted => 11,
            Self::Cancelled => 12,
            Self::Unsupported => 13,
        }
    }

    /// Returns the HTTP status of the local agent.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::InvalidInput | Self::ImportRefused => 422,
            Self::UnknownMethod | Self::NotFound => 404,
            Self::NotAllowed => 403,
            Self::Conflict | Self::StoreBusy => 409,
            Self::Locked | Self::KeyMissing | Self::KeyWrong => 423,
            Self::StoreNewer | Self::StoreCorrupt | Self::StorageFailed => 507,
            Self::NotConnected | Self::Offline | Self::ServerRefused | Self::ServerUntrusted => 502,
            Self::RateLimited => 429,
            Self::Cancelled => 499,
            Self::Unsupported => 501,
        }
    }
}

/// What went wrong, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// The stable code.
    pub code: ErrorCode,
    /// What happened to which thing. Never secrets, keys or page text.
    pub message: String,
    /// What to do now.
    pub hint: String,
    /// The field of the input that is wrong, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl ApiError {
    /// Makes an error of code, message and hint.
    pub fn new(code: ErrorCode, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into(), field: None }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.message, self.hint)
    }
}

impl std::error::Error for ApiError {}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self {
            code: ErrorCode::InvalidInput,
            message: format!("{} {}.", error.field, error.message),
            hint: error.remedy,
            field: Some(error.field),
        }
    }
}
