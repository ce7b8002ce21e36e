//! A drawing as one standalone SVG file with its own small stylesheet. The window uses its tokens instead.

use std::fmt::Write as _;

use super::path::number;
use super::{Drawing, Group, Shape};

/// Light colours of the export; class names are those the window's theme styles.
const STYLE: &str = "\
svg{font-family:Inter,'Inter Variable',system-ui,sans-serif}\
text{fill:#23272e}\
.gp-ground{fill:#fbfaf8}\
.gp-frame-box{fill:#f3f1ec;stroke:#d5d0c5}\
.gp-depth-1 .gp-frame-box,.gp-depth-3 .gp-frame-box{fill:#faf8f4}\
.gp-frame.gp-kind-boundary .gp-frame-box,.gp-frame.gp-kind-environment .gp-frame-box{stroke:#a49a85;stroke-dasharray:6 4}\
.gp-frame-name{font-size:12px;font-weight:600;fill:#5b5749}\
.gp-icon{fill:none;stroke:#4c5566;stroke-width:1.25;stroke-linecap:round;stroke-linejoin:round}\
.gp-card{fill:#fff;stroke:#8b93a1}\
.gp-rim{fill:none;stroke:#c3c8d0}\
.gp-name{font-size:13px;font-weight:600}\
.gp-technology{font-size:11px;fill:#5d6675}\
.gp-kind-component .gp-icon{stroke:#24579f}\
.gp-kind-datastore .gp-card{fill:#f4f8f5;stroke:#7f9a8a}.gp-kind-datastore .gp-icon{stroke:#2f6b4c}\
.gp-kind-channel .gp-card{fill:#faf6ef;stroke:#a8916a}.gp-kind-channel .gp-icon{stroke:#80601f}\
.gp-kind-api .gp-icon{stroke:#6a4796}.gp-kind-actor .gp-icon,.gp-kind-team .gp-icon{stroke:#8a4265}\
.gp-external .gp-card{fill:#f1f1f0;stroke-dasharray:4 3}\
.gp-hit{fill:none;stroke:none}\
.gp-line{fill:none;stroke:#6b7484;stroke-width:1.25}\
.gp-many .gp-line{stroke-width:2}\
.gp-async .gp-line{stroke-dasharray:5 4}\
.gp-arrow{fill:#6b7484}\
.gp-plate{fill:#fbfaf8;fill-opacity:.94}\
.gp-label-text{font-size:11px;fill:#414957}\
.gp-status{fill:#8b93a1;stroke:#fff;stroke-width:1.5}\
.gp-status-healthy .gp-status{fill:#2c8a57}.gp-status-degraded .gp-status{fill:#c47f12}.gp-status-failing .gp-status{fill:#c43a31}\
.gp-badge{fill:#c47f12}.gp-badge-text{font-size:10px;font-weight:600;fill:#1b1304}";

/// Escapes text for XML content and quoted attributes; drops what XML 1.0 cannot hold, line breaks become blanks.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{FFFE}' | '\u{FFFF}' => {}
            // Bidirectional overrides could make a label read as something else.
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Writes a drawing as a standalone SVG document, ended with a line break.
#[must_use]
pub fn to_svg(drawing: &Drawing) -> String {
    let view = drawing.view_box;
    let mut out = String::with_capacity(4096 + drawing.groups.len() * 400);
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{} {} {} {}\" width=\"{}\" height=\"{}\" role=\"img\" \
         aria-labelledby=\"gp-title gp-desc\">\n<title id=\"gp-title\">{}</title>\n<desc id=\"gp-desc\">{}</desc>\n\
         <style>{STYLE}</style>\n",
        number(view.x),
        number(view.y),
        number(view.w),
        number(view.h),
        number(view.w),
        number(view.h),
        escape(&drawing.title),
        escape(&drawing.description),
    );
    // A file has no page behind it: its ground is drawn, or dark viewers would swallow the lines.
    write_shape(&mut out, &Shape::Rect { rect: view, radius: 0.0, class: "gp-ground".to_owned() });
    out.push('\n');
    for group in &drawing.groups {
        write_group(&mut out, group);
    }
    out.push_str("</svg>\n");
    out
}

fn write_group(out: &mut String, group: &Group) {
    let _ = write!(
        out,
        "<g class=\"{}\" data-id=\"{}\"><title>{}</title>",
        escape(&group.class),
        escape(&group.id),
        escape(&group.title)
    );
    for shape in &group.shapes {
        write_shape(out, shape);
    }
    out.push_str("</g>\n");
}

fn write_shape(out: &mut String, shape: &Shape) {
    let _ = match shape {
        Shape::Rect { rect, radius, class } => write!(
            out,
            "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
            escape(class),
            number(rect.x),
            number(rect.y),
            number(rect.w),
            number(rect.h),
            number(*radius)
        ),
        Shape::Path { d, at: None, class } => {
            write!(out, "<path class=\"{}\" d=\"{}\"/>", escape(class), escape(d))
        }
        Shape::Path { d, at: Some(at), class } => write!(
            out,
            "<path class=\"{}\" transform=\"translate({} {})\" d=\"{}\"/>",
            escape(class),
            number(at.x),
            number(at.y),
            escape(d)
        ),
        Shape::Circle { center, radius, class } => write!(
            out,
            "<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            escape(class),
            number(center.x),
            number(center.y),
            number(*radius)
        ),
        Shape::Text { at, text, anchor, class } => write!(
            out,
            "<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>",
            escape(class),
            number(at.x),
            number(at.y),
            anchor.as_str(),
            escape(text)
        ),
    };
}

#[cfg(test)]
mod tests {
    use super::super::{Anchor, Point, Rect, Role};
    use super::*;

    #[test]
    fn text_cannot_break_out() {
        assert_eq!(escape("<a href='x'>\"&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;");
        assert_eq!(escape("a\u{0}b\u{1b}c\nd\u{FFFE}e\u{202E}f"), "abc def");
    }

    #[test]
    fn hostile_names_stay_text_everywhere() {
        let hostile = "</text><script>alert(1)</script>\" onload=\"x\u{7}";
        let drawing = Drawing {
            title: hostile.to_owned(),
            description: hostile.to_owned(),
            view_box: Rect::new(0.0, 0.0, f64::NAN, 10.0),
            groups: vec![Group {
                id: hostile.to_owned(),
                role: Role::Node,
                class: hostile.to_owned(),
                title: hostile.to_owned(),
                shapes: vec![
                    Shape::Text {
                        at: Point::default(),
                        text: hostile.to_owned(),
                        anchor: Anchor::Middle,
                        class: hostile.to_owned(),
                    },
                    Shape::Path { d: hostile.to_owned(), at: None, class: hostile.to_owned() },
                ],
            }],
        };
        let svg = to_svg(&drawing);
        assert!(!svg.contains("<script") && !svg.contains("\" onload") && !svg.contains("NaN"));
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }
}
