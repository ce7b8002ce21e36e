//! What opens a backup, and the age layer around it.
//!
//! Not here: what is inside (`archive`).

use std::io::{BufRead, Write};
use std::path::Path;

use age::{DecryptError, Decryptor, Encryptor, scrypt, x25519};
use bech32::{ToBase32, Variant};
use groundplan_shared::api::{ApiError, ErrorCode, Hidden};
use groundplan_shared::crypto::safe::RecoveryCode;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::BackupError;
use crate::profile::check_passphrase;

/// scrypt's N is 2^17: 128 MiB and well below a second.
const WORK: u8 = 17;
/// More than 1 GiB is asked for by nobody but whoever wants to hang us.
const WORK_CEILING: u8 = 20;
/// How every age file begins.
const AGE: &[u8] = b"age-encryption.org/";

/// A passphrase or a recovery code.
#[derive(Clone)]
pub enum Opener {
    /// A passphrase.
    Passphrase(SecretString),
    /// The key of a recovery code.
    Code(Box<x25519::Identity>),
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opener({})", self.name())
    }
}

fn input(message: impl Into<String>, hint: &str, field: &str) -> ApiError {
    let mut error = ApiError::new(ErrorCode::InvalidInput, message, hint);
    error.field = Some(field.to_owned());
    error
}

impl Opener {
    /// Takes what a command was given; exactly one of both is needed.
    ///
    /// # Errors
    /// `InvalidInput`.
    pub fn of(passphrase: Option<Hidden>, code: Option<Hidden>) -> Result<Self, ApiError> {
        match (passphrase, code) {
            (Some(passphrase), None) => Ok(Self::Passphrase(passphrase.0.into())),
            (None, Some(code)) => {
                let code = RecoveryCode::parse(&code.0).map_err(|error| {
                    input(format!("{error}."), "Compare it with the printout.", "recovery_code")
                })?;
                Ok(Self::Code(Box::new(identity(&code.backup_secret()))))
            }
            (None, None) => Err(input(
                "A backup is opened by a passphrase or by a recovery code, and neither was given.",
                "Choose a passphrase for it.",
                "passphrase",
            )),
            (Some(_), Some(_)) => Err(input(
                "A backup is opened by a passphrase or by a recovery code, not by both.",
                "Give one of them.",
                "passphrase",
            )),
        }
    }

    /// Refuses a passphrase that protects nothing.
    ///
    /// # Errors
    /// `InvalidInput`.
    pub fn check(&self) -> Result<(), ApiError> {
        match self {
            Self::Passphrase(passphrase) => Ok(check_passphrase(passphrase)?),
            Self::Code(_) => Ok(()),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Passphrase(_) => "passphrase",
            Self::Code(_) => "recovery code",
        }
    }

    /// Begins an encrypted stream.
    pub(super) fn encrypt<W: Write>(&self, output: W) -> std::io::Result<age::stream::StreamWriter<W>> {
        let recipient: Box<dyn age::Recipient> = match self {
            Self::Passphrase(passphrase) => {
                let mut recipient = scrypt::Recipient::new(passphrase.clone());
                recipient.set_work_factor(WORK);
                Box::new(recipient)
            }
            Self::Code(identity) => Box::new(identity.to_public()),
        };
        let encryptor =
            Encryptor::with_recipients(std::iter::once(&*recipient)).map_err(std::io::Error::other)?;
        encryptor.wrap_output(output)
    }

    /// Opens an encrypted stream; also says how many bytes age's header takes.
    pub(super) fn decrypt<R: BufRead>(
        &self,
        file: &Path,
        mut input: R,
    ) -> Result<(age::stream::StreamReader<R>, u64), BackupError> {
        let start = input.fill_buf().map_err(BackupError::reading(file))?;
        if !start.starts_with(AGE) {
            return Err(BackupError::NotABackup(file.to_owned()));
        }
        let header = header_bytes(start);
        let broken = |error: &DecryptError| BackupError::Damaged {
            file: file.to_owned(),
            detail: format!("its beginning cannot be read ({error})"),
        };
        let decryptor = Decryptor::new_buffered(input).map_err(|error| broken(&error))?;
        let (needed, given) = match (decryptor.is_scrypt(), self) {
            (true, Self::Code(_)) => ("passphrase", "recovery code"),
            (false, Self::Passphrase(_)) => ("recovery code", "passphrase"),
            _ => ("", ""),
        };
        if !needed.is_empty() {
            return Err(BackupError::OtherKind { file: file.to_owned(), needed, given });
        }
        let identity: Box<dyn age::Identity> = match self {
            Self::Passphrase(passphrase) => {
                let mut identity = scrypt::Identity::new(passphrase.clone());
                identity.set_max_work_factor(WORK_CEILING);
                Box::new(identity)
            }
            Self::Code(identity) => identity.clone(),
        };
        let opened = decryptor.decrypt(std::iter::once(&*identity)).map_err(|error| match error {
            DecryptError::NoMatchingKeys
            | DecryptError::DecryptionFailed
            | DecryptError::KeyDecryptionFailed => {
                BackupError::Wrong { file: file.to_owned(), what: self.name() }
            }
            other => broken(&other),
        })?;
        Ok((opened, header))
    }
}

/// The length of age's header: lines up to the one that begins with `---`. It is short enough for any buffer.
fn header_bytes(start: &[u8]) -> u64 {
    let mut length = 0;
    for line in start.split_inclusive(|byte| *byte == b'\n') {
        length += line.len() as u64;
        if line.starts_with(b"---") {
            break;
        }
    }
    length
}

/// Makes age's identity of a secret. The library takes it in its written form only.
fn identity(secret: &Zeroizing<[u8; 32]>) -> x25519::Identity {
    let text = bech32::encode("age-secret-key-", secret.to_base32(), Variant::Bech32)
        .expect("invariant: the prefix is a valid one");
    let text = Zeroizing::new(text.to_uppercase());
    text.parse().expect("invariant: 32 bytes in Bech32 are an identity")
}

/// Writes the recovery code's identity in the form that `age --identity` takes, for whoever has no Groundplan at hand.
#[cfg(test)]
pub(super) fn written(opener: &Opener) -> Option<SecretString> {
    match opener {
        Opener::Passphrase(_) => None,
        Opener::Code(identity) => Some(identity.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_recovery_code_gives_the_same_key_for_ever() {
        let code = Hidden("000G40-R40M30-E20918-5GR38E-1W8124-GKCBV4".to_owned());
        let opener = Opener::of(None, Some(code)).unwrap();
        let text = written(&opener).unwrap();
        assert!(text.expose_secret().starts_with("AGE-SECRET-KEY-1"));
        let Opener::Code(identity) = &opener else { panic!("a code") };
        assert_eq!(
            identity.to_public().to_string(),
            "age1j4w2g08anuqmsxmfzm5ufm9cwzavff6dptpl9xsmgfdvncmaepaq7kq2vh"
        );
        assert!(!format!("{opener:?}").contains("AGE"));
    }

    #[test]
    fn exactly_one_secret_is_needed() {
        let hidden = || Some(Hidden("several words".to_owned()));
        assert!(Opener::of(None, None).is_err());
        assert!(Opener::of(hidden(), hidden()).is_err());
        assert!(Opener::of(None, hidden()).is_err(), "this is no recovery code");
        assert!(Opener::of(Some(Hidden("short".to_owned())), None).unwrap().check().is_err());
        assert!(Opener::of(hidden(), None).unwrap().check().is_ok());
    }
}
