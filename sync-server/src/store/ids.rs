//! Identifiers that only the server's tables know. Those that travel come from `shared::wire`.

/// Names a family of refresh tokens: the session that one sign-in began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FamilyId(pub [u8; 16]);
