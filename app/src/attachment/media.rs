//! Guessing what a file is, from its first bytes where they say so, else from its name.
//!
//! Nothing is decided by it but what is shown: whoever serves bytes treats each type as hostile.

/// Returns the media type of a file.
pub fn media_type(name: &str, start: &[u8]) -> &'static str {
    let known: [(&[u8], &str); 7] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"OggS", "application/ogg"),
    ];
    if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        return "image/webp";
    }
    let by_start = known.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, kind)| *kind);
    match (by_name(name), by_start) {
        // Office documents are archives; their names say more.
        (Some(named), Some("application/zip")) => named,
        (_, Some(found)) => found,
        // A name that claims a picture is not believed without its first bytes.
        (Some("image/png" | "image/jpeg" | "image/gif" | "image/webp"), None) => "application/octet-stream",
        (Some(named), None) => named,
        (None, None) => "application/octet-stream",
    }
}

fn by_name(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "csv" => "text/csv",
        "json" => "application/json",
        "yml" | "yaml" => "application/yaml",
        "html" | "htm" => "text/html",
        "xml" => "application/xml",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn bytes_speak_before_names() {
        let check = |name, start: &[u8], expected| assert_eq!(media_type(name, start), expected, "{name}");
        check("a.png", b"\x89PNG\r\n\x1a\n..", "image/png");
        check("a.txt", b"\xff\xd8\xff\xe0", "image/jpeg");
        check("a.png", b"<script>", "application/octet-stream");
        check("a.SVG", b"<svg", "image/svg+xml");
        check(
            "a.docx",
            b"PK\x03\x04",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        );
        check("noname", b"", "application/octet-stream");
    }
}
