//! What can go wrong in a store, in five words and one for a full disk. How it reads on the wire is `problem`'s matter.

use groundplan_shared::wire::Hash;
use thiserror::Error;

/// A cause from a driver, kept for the log and never shown to a caller.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The object that a store was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    /// An account.
    Account,
    /// A registration invitation.
    Invitation,
    /// A device.
    Device,
    /// A family of refresh tokens.
    RefreshFamily,
    /// A workspace.
    Workspace,
    /// A mailbox.
    Mailbox,
    /// A blob.
    Blob,
}

/// The one meaning of a refused write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// An account of this name exists.
    NameTaken,
    /// The invitation is spent or expired.
    InvitationSpent,
    /// The device id or its signing key is registered already, with other contents.
    DeviceExists,
    /// The device was revoked; it never comes back under this id.
    DeviceRevoked,
    /// A workspace of this id exists.
    WorkspaceExists,
    /// The membership log is not where the caller thought: this many entries, this head.
    HeadMoved {
        /// Entries in the log now.
        length: u64,
        /// Hash of the last entry.
        head: Hash,
    },
    /// The document's envelopes are of another compartment: a document stays in one.
    CompartmentDiffers {
        /// Which envelope of the batch, from 0.
        position: usize,
    },
    /// Documents of a rotated compartment moved since the rotation was built.
    CutMoved,
    /// The author's chain continues elsewhere: its last accepted sequence number in this stream.
    ChainBroken {
        /// Which envelope of the batch, from 0.
        position: usize,
        /// Last sequence number accepted in this stream; 0 when none was.
        last_dev_seq: u64,
    },
    /// The workspace holds as much as it may.
    QuotaExceeded {
        /// Bytes it may hold.
        limit_bytes: u64,
    },
    /// Another message has this number in the mailbox.
    MessageDiffers,
    /// A blob of this id is there with other bytes.
    BlobDiffers,
    /// The mailbox holds as many messages as it may.
    MailboxFull,
    /// There are as many of these (workspaces of the account, living mailboxes) as there may be.
    TooMany {
        /// How many it may have.
        limit: u64,
    },
}

/// Why a store did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("there is no such {0:?}")]
    NotFound(Entity),
    /// The write contradicts what is stored.
    #[error("the write conflicts with what is stored: {0:?}")]
    Conflict(Conflict),
    /// The database cannot be reached or is too busy now; trying again may help.
    #[error("the database is not available now")]
    Unavailable(#[source] Cause),
    /// The disk or tablespace is full; reading goes on.
    #[error("the database has no room left")]
    Full(#[source] Cause),
    /// A stored value is not what the program wrote.
    #[error("the stored {what} cannot be read back")]
    Corrupt {
        /// Table and column.
        what: &'static str,
    },
    /// The database refused for a reason of its own.
    #[error("the database failed")]
    Backend(#[source] Cause),
}

impl StoreError {
    /// Makes the error for a stored value of a wrong shape.
    pub const fn corrupt(what: &'static str) -> Self {
        Self::Corrupt { what }
    }
}
