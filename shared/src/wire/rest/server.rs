//! What a server says about itself before any login.

use serde::{Deserialize, Serialize};

use crate::wire::ids::{Incarnation, ServerId};

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationMode {
    /// Anybody.
    Open,
    /// Those with an invitation of the server.
    Invitation,
    /// Nobody.
    Closed,
}

/// A server's public description. Clients that do not know a field ignore it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Its identity.
    pub server: ServerId,
    /// The life of its database.
    pub incarnation: Incarnation,
    /// The program's version.
    pub version: String,
    /// Frame versions that it speaks.
    pub frame_versions: Vec<u8>,
    /// Who may register.
    pub registration: RegistrationMode,
    /// The issuer in its access tokens.
    pub issuer: String,
    /// Its clock, in milliseconds since the epoch, for display and skew warnings.
    pub time_ms: u64,
    /// Its limits.
    pub limits: LimitsView,
}

/// Limits that a server applies; a client may assume no more than those compiled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsView {
    /// Largest envelope, in bytes.
    pub envelope_bytes: u64,
    /// Most envelopes in a push.
    pub push_envelopes: u32,
    /// Most bytes in a push.
    pub push_bytes: u64,
    /// Largest frame, in bytes.
    pub frame_bytes: u64,
}

impl Default for LimitsView {
    fn default() -> Self {
        use crate::wire::limits;
        Self {
            envelope_bytes: limits::ENVELOPE_BYTES as u64,
            push_envelopes: limits::PUSH_ENVELOPES as u32,
            push_bytes: limits::PUSH_BYTES as u64,
            frame_bytes: limits::FRAME_BYTES as u64,
        }
    }
}
