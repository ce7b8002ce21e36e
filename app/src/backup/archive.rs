//! The inside of a backup as a stream: the header, then the bytes of each part.
//!
//! Not here: encryption (`seal`) and what the parts are (`database`).

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use groundplan_shared::model::ContentHash;
use ring::digest;

use super::{BackupError, Manifest, Opener, Part, Progress};

/// Bytes moved in one go.
const PIECE: usize = 256 * 1024;
/// age seals pieces of this many bytes, each with a tag of 16.
const AGE_PIECE: u64 = 64 * 1024;
const AGE_TAG: u64 = 16;
/// The nonce between age's header and its pieces.
const AGE_NONCE: u64 = 16;

/// Hashes a file.
pub(super) fn hash_file(
    path: &Path,
    tick: &mut dyn FnMut(u64) -> Result<(), BackupError>,
) -> Result<(u64, ContentHash), BackupError> {
    let mut file = File::open(path).map_err(BackupError::reading(path))?;
    let mut hash = digest::Context::new(&digest::SHA256);
    let (mut buffer, mut size) = (vec![0; PIECE], 0u64);
    loop {
        let read = file.read(&mut buffer).map_err(BackupError::reading(path))?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
        hash.update(piece);
        size += read as u64;
        tick(size)?;
    }
    Ok((size, finish(hash)))
}

fn finish(hash: digest::Context) -> ContentHash {
    ContentHash(hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes"))
}

/// Writes header and parts into an encrypted stream to `output`.
pub(super) fn write<W: Write>(
    output: W,
    path: &Path,
    opener: &Opener,
    manifest: &Manifest,
    parts: &[PathBuf],
    progress: &mut Progress<'_>,
) -> Result<W, BackupError> {
    let wrote = || BackupError::writing(path);
    let mut sealed = opener.encrypt(output).map_err(wrote())?;
    sealed.write_all(&manifest.encode()).map_err(wrote())?;
    let (mut done, total) = (0u64, manifest.total());
    let mut buffer = vec![0; PIECE];
    for part in parts {
        let mut file = File::open(part).map_err(BackupError::reading(part))?;
        loop {
            progress("write", done, total)?;
            let read = file.read(&mut buffer).map_err(BackupError::reading(part))?;
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
            sealed.write_all(piece).map_err(wrote())?;
            done += read as u64;
        }
    }
    sealed.finish().map_err(wrote())
}

/// An open backup whose parts are read one after the other.
pub(super) struct Archive {
    path: PathBuf,
    stream: age::stream::StreamReader<BufReader<File>>,
    pub(super) manifest: Manifest,
    pub(super) file_bytes: u64,
}

impl Archive {
    /// Opens a backup and reads its manifest.
    pub(super) fn open(path: &Path, opener: &Opener) -> Result<Self, BackupError> {
        let file = File::open(path).map_err(BackupError::reading(path))?;
        let file_bytes = file.metadata().map_err(BackupError::reading(path))?.len();
        let (mut stream, header) = opener.decrypt(path, BufReader::with_capacity(PIECE, file))?;
        let (manifest, begin) = Manifest::read(path, &mut stream)?;
        let plain = begin + manifest.total();
        let expected = header + AGE_NONCE + plain + plain.div_ceil(AGE_PIECE) * AGE_TAG;
        if file_bytes < expected {
            return Err(BackupError::Truncated { file: path.to_owned(), found: file_bytes, expected });
        }
        Ok(Self { path: path.to_owned(), stream, manifest, file_bytes })
    }

    /// Reads the next part into `take`, and checks its size and hash.
    pub(super) fn part(
        &mut self,
        part: &Part,
        take: &mut dyn FnMut(&[u8]) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        let mut hash = digest::Context::new(&digest::SHA256);
        let (mut left, mut buffer) = (part.size, vec![0; PIECE]);
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let piece = buffer.get_mut(..wanted).expect("invariant: no more than the buffer has");
            self.stream.read_exact(piece).map_err(|error| self.broken(&error))?;
            hash.update(piece);
            take(piece)?;
            left -= piece.len() as u64;
        }
        if finish(hash) == part.sha256 {
            return Ok(());
        }
        Err(BackupError::Damaged {
            file: self.path.clone(),
            detail: "a part has other bytes than it had".to_owned(),
        })
    }

    /// Insists that nothing follows.
    pub(super) fn end(mut self) -> Result<(Manifest, u64), BackupError> {
        let mut more = [0; 1];
        match self.stream.read(&mut more) {
            Ok(0) => Ok((self.manifest, self.file_bytes)),
            Ok(_) => {
                Err(BackupError::Damaged { file: self.path, detail: "something follows its end".to_owned() })
            }
            Err(error) => Err(self.broken(&error)),
        }
    }

    fn broken(&self, error: &std::io::Error) -> BackupError {
        BackupError::Damaged {
            file: self.path.clone(),
            detail: format!("a piece of it does not decrypt ({error})"),
        }
    }
}
