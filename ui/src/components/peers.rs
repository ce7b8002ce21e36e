//! How far every device of the workspace is known to be, by what it signed itself; the server's word counts for nothing.

use crate::dom::prelude::*;

use super::icon::icon;
use crate::state::{raw, use_app};
use crate::text::{ago, count, fill, grouped, t};
use crate::transport::{Json, parse};

/// The section: what is verified here, when which device was heard from and how far it is known to have read.
pub fn peers() -> AnyView {
    let answer = raw(use_app(), "sync/peers", "{}".to_owned());
    let shown = move || {
        answer.with(|answer| {
            let list = parse(answer)?;
            let here = list.whole("verified_items");
            let (items, entries) = (grouped(here), grouped(list.whole("verified_entries")));
            let contact = list.whole("contact_ms");
            let rows = list.list("items").iter().map(|peer| row(peer, here));
            let gaps = list.list("gaps").len() as u64;
            Some(view! {
                <p>
                    {fill("peers.verified", &[("items", &items), ("entries", &entries)])} " "
                    {(contact > 0).then(|| fill("peers.contact", &[("ago", &ago(contact))]))}
                </p>
                {(gaps > 0).then(|| view! { <p class="notice">{icon("warn")}<span>{count("peers.gaps", gaps, &[])}</span></p> })}
                <div class="table-scroll" tabindex="0" role="group" aria-label=t("peers.title")>
                    <table class="grid">
                        <thead><tr><th>{t("peers.device")}</th><th>{t("peers.heard")}</th><th>{t("peers.read")}</th></tr></thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            })
        })
    };
    view! {
        <section class="block peers">
            <h2 class="block-title">{t("peers.title")}</h2>
            {shown}
        </section>
    }
}

fn row(peer: &Json<'_>, here: u64) -> AnyView {
    let (heard, read) = (peer.whole("heard_ms"), peer.whole("known_items"));
    let this = peer.flag("this");
    let heard = match (this, heard) {
        (true, _) => t("device.this").to_owned(),
        (_, 0) => t("peers.never").to_owned(),
        (_, heard) => ago(heard),
    };
    let read = if !peer.flag("active") {
        t("device.inactive").to_owned()
    } else if this || read >= here {
        t("peers.all").to_owned()
    } else {
        count("peers.behind", here - read, &[])
    };
    view! {
        <tr>
            <td><span class="strong">{peer.text("name")}</span> " " <span class="muted">{peer.text("member")}</span></td>
            <td>{heard}</td>
            <td>{read}</td>
        </tr>
    }
}
