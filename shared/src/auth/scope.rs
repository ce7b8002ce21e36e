//! Scopes of access tokens: what a session may ask of a server. They grant nothing inside a workspace.

use serde::{Deserialize, Serialize};

/// One thing that a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Synchronise workspaces that the device is a member of.
    Sync,
    /// Manage the own account and its devices.
    Account,
    /// Administer the server.
    Admin,
}

/// The scopes of a token, sorted and without repetition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Collects scopes.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let mut list: Vec<Scope> = scopes.into_iter().collect();
        list.sort_unstable();
        list.dedup();
        Self(list)
    }

    /// What a person's session gets.
    pub fn standard() -> Self {
        Self::new([Scope::Sync, Scope::Account])
    }

    /// Says whether the scope is among them.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }
}
