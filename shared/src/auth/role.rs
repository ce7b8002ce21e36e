//! Roles as permission sets, compartments, and clearance as a set of compartments.
//!
//! Who has which role is decided by the membership log, not here.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use serde::{Deserialize, Serialize};

use crate::wire::ids::RoleId;

/// A classification level, each with its own key chain.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Compartment {
    /// Every member is cleared for it; names of members and devices are sealed under it.
    #[n(0)]
    Public,
    /// The default for what people write.
    #[n(1)]
    Internal,
    /// For those who were cleared.
    #[n(2)]
    Confidential,
    /// For the few.
    #[n(3)]
    Restricted,
}

impl Compartment {
    /// All of them, lowest first.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Confidential, Self::Restricted];

    /// Its number in every format.
    pub fn number(self) -> u8 {
        match self {
            Self::Public => 0,
            Self::Internal => 1,
            Self::Confidential => 2,
            Self::Restricted => 3,
        }
    }

    /// The word that people know it by, as the property `classification` has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }

    /// Finds it by its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|compartment| compartment.word() == word)
    }

    /// Finds it by its number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

macro_rules! bit_set {
    ($(#[$doc:meta])* $name:ident, $repr:ty, $all:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name($repr);

        impl $name {
            /// The empty set.
            pub const NONE: Self = Self(0);
            /// The full set.
            pub const ALL: Self = Self($all);

            /// Takes bits; `None` if one is unknown.
            pub fn from_bits(bits: $repr) -> Option<Self> {
                (bits & !$all == 0).then_some(Self(bits))
            }
            /// Returns the bits.
            pub fn bits(self) -> $repr {
                self.0
            }
            /// Says whether all of `other` is in this set.
            pub fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
            /// Returns what is in either.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
            /// Returns what is in this set and not in `other`.
            #[must_use]
            pub fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }
            /// Says whether nothing is in the set.
            pub fn is_empty(self) -> bool {
                self.0 == 0
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, c: &mut C) -> Result<(), encode::Error<W::Error>> {
                self.0.encode(e, c)
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, c: &mut C) -> Result<Self, decode::Error> {
                Self::from_bits(<$repr>::decode(d, c)?)
                    .ok_or_else(|| decode::Error::message(concat!("unknown bit in ", stringify!($name))))
            }
        }
    };
}

bit_set!(
    /// The compartments that somebody may read and, with the permission, write.
    Clearance, u8, 0b1111
);

impl Clearance {
    /// Public and internal: what a member has unless said otherwise.
    pub const STANDARD: Self = Self(0b11);
    /// Public only: the least that a member has.
    pub const LEAST: Self = Self(0b1);

    /// The set of one compartment.
    pub fn only(compartment: Compartment) -> Self {
        Self(1 << compartment.number())
    }
    /// Says whether the compartment is in the set.
    pub fn allows(self, compartment: Compartment) -> bool {
        self.contains(Self::only(compartment))
    }
    /// Lists the compartments, lowest first.
    pub fn compartments(self) -> impl Iterator<Item = Compartment> {
        Compartment::ALL.into_iter().filter(move |c| self.allows(*c))
    }
}

impl std::fmt::Debug for Clearance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.compartments()).finish()
    }
}

bit_set!(
    /// What a role may do in a workspace.
    Permissions, u32, 0b1111_1111_1111
);

impl Permissions {
    /// Read documents of cleared compartments.
    pub const READ: Self = Self(1);
    /// Comment.
    pub const COMMENT: Self = Self(1 << 1);
    /// Write documents of cleared compartments.
    pub const WRITE: Self = Self(1 << 2);
    /// Invite and confirm newcomers.
    pub const INVITE: Self = Self(1 << 3);
    /// Change roles and clearances, remove members.
    pub const MANAGE_MEMBERS: Self = Self(1 << 4);
    /// Revoke other members' devices.
    pub const MANAGE_DEVICES: Self = Self(1 << 5);
    /// Define custom roles.
    pub const MANAGE_ROLES: Self = Self(1 << 6);
    /// Rotate keys.
    pub const ROTATE_KEYS: Self = Self(1 << 7);
    /// Set policy.
    pub const SET_POLICY: Self = Self(1 << 8);
    /// Add service accounts.
    pub const MANAGE_SERVICES: Self = Self(1 << 9);
    /// Export documents.
    pub const EXPORT: Self = Self(1 << 10);
    /// Own the workspace: transfer it, sign a server's restore, make other owners.
    pub const OWN: Self = Self(1 << 11);

    const VIEWER: Self = Self::READ.union(Self::COMMENT);
    const EDITOR: Self = Self::VIEWER.union(Self::WRITE).union(Self::EXPORT);
    const ADMINISTRATOR: Self = Self(Self::ALL.0 & !Self::OWN.0);
}

impl std::fmt::Debug for Permissions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Permissions({:#b})", self.0)
    }
}

/// A member's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Role {
    /// Everything.
    #[n(0)]
    Owner,
    /// Everything but owning.
    #[n(1)]
    Administrator,
    /// Reads, writes, exports.
    #[n(2)]
    Editor,
    /// Reads and comments.
    #[n(3)]
    Viewer,
    /// A role of the workspace's own, as its log defines it.
    #[n(4)]
    Custom(#[n(0)] RoleId),
}

impl Role {
    /// Returns a built-in role's permissions; `None` for a custom role, whose set is in the membership state.
    pub fn built_in(self) -> Option<Permissions> {
        match self {
            Self::Owner => Some(Permissions::ALL),
            Self::Administrator => Some(Permissions::ADMINISTRATOR),
            Self::Editor => Some(Permissions::EDITOR),
            Self::Viewer => Some(Permissions::VIEWER),
            Self::Custom(_) => None,
        }
    }
}
