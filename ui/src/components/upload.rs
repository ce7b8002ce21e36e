//! Files that a browser hands over: read one after the other, as base64, within a limit.

use groundplan_shared::api::{ApiError, ErrorCode, UploadedFile};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileList};

use crate::text::{fill, t};

/// The most that one import takes from a browser, in bytes.
const LIMIT_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// Reads the chosen files; `progress` gets how many are read and how many there are.
///
/// # Errors
/// `InvalidInput` where they are too large together or one cannot be read.
pub async fn read_files(files: FileList, progress: impl Fn(u32, u32)) -> Result<Vec<UploadedFile>, ApiError> {
    let total = files.length();
    let all: Vec<File> =
        (0..total).filter_map(|at| files.get(at)).filter(|file| wanted(&path_of(file))).collect();
    if all.iter().map(|file| file.size()).sum::<f64>() > LIMIT_BYTES {
        return Err(ApiError::new(
            ErrorCode::InvalidInput,
            t("upload.too_large"),
            t("upload.too_large_hint"),
        ));
    }
    let mut out = Vec::with_capacity(all.len());
    for (at, file) in all.iter().enumerate() {
        progress(u32::try_from(at).unwrap_or(u32::MAX), total);
        let path = path_of(file);
        let base64 = read_one(file, &path).await?;
        out.push(UploadedFile { path, base64 });
    }
    Ok(out)
}

/// Reads one file as base64.
///
/// # Errors
/// `InvalidInput` where it cannot be read.
pub async fn read_one(file: &File, path: &str) -> Result<String, ApiError> {
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|_| unreadable(path))?;
    let buffer = buffer.dyn_into::<js_sys::ArrayBuffer>().map_err(|_| unreadable(path))?;
    Ok(base64(&js_sys::Uint8Array::new(&buffer).to_vec()))
}

/// Hidden folders hold tools' own data (`.git`, `.obsidian`), not pages.
fn wanted(path: &str) -> bool {
    !path.split('/').any(|part| part.starts_with('.') || part == "node_modules")
}

fn path_of(file: &File) -> String {
    let relative =
        js_sys::Reflect::get(file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
    relative.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name())
}

fn unreadable(path: &str) -> ApiError {
    let message = fill("upload.unreadable", &[("path", path)]);
    ApiError::new(ErrorCode::InvalidInput, message, t("upload.unreadable_hint"))
}

/// Writes bytes in base64 (RFC 4648, with padding).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |all, byte| (all << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[((group >> (18 - 6 * place)) & 63) as usize];
            out.push(if place > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_follows_the_standard() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
    }

    #[test]
    fn hidden_folders_stay_out() {
        assert!(wanted("vault/ops/db.md"));
        assert!(!wanted("vault/.git/config"));
        assert!(!wanted("web/node_modules/a/readme.md"));
    }
}
