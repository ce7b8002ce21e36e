//! Tags and links.

use crate::dom::prelude::*;
use groundplan_shared::api::ElementUpdateParams;
use groundplan_shared::model::{DocumentId, Link, LinkId};
use groundplan_shared::validate;

use super::Shown;
use crate::components::icon::icon;
use crate::components::inline::field_words;
use crate::state::{form, new_uuid, use_app};
use crate::text::fill;

pub(super) fn tags(id: DocumentId, element: Shown) -> AnyView {
    let app = use_app();
    let tags = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.element.tags.clone()).unwrap_or_default())
    });
    let typed = RwSignal::new(String::new());
    let add = move || match form::read_tags(&typed.get_untracked()) {
        Ok(tags) if tags.is_empty() => {}
        Ok(tags) => {
            typed.set(String::new());
            app.change(ElementUpdateParams {
                add_tags: tags.into_iter().collect(),
                ..ElementUpdateParams::of(id)
            });
        }
        Err(error) => app.fail(error.into()),
    };
    let remove = move |tag: &str| {
        let remove_tags = std::iter::once(tag.to_owned()).collect();
        app.change(ElementUpdateParams { remove_tags, ..ElementUpdateParams::of(id) });
    };
    view! {
        <section class="group">
            <h3 class="group-name">{t("field.tags")}</h3>
            <div class="chips">
                {move || tags.get().into_iter().map(|tag| {
                    let label = fill("tag.remove", &[("tag", &tag)]);
                    let shown = tag.clone();
                    view! {
                        <span class="chip">
                            {shown}
                            <button class="chip-close" aria-label=label on:click=move |_| remove(&tag)>{icon("close")}</button>
                        </span>
                    }
                }).collect_view()}
                <input class="inline chip-add" type="text" aria-label=t("tag.add") placeholder=t("tag.add") autocomplete="off"
                    prop:value=move || typed.get()
                    on:input=move |event| typed.set(event_target_value(&event))
                    on:keydown=move |event| {
                        if event.key() == "Enter" || event.key() == "," {
                            event.prevent_default();
                            add();
                        }
                    }
                    on:blur=move |_| add() />
            </div>
        </section>
    }
    .into_any()
}

pub(super) fn links(id: DocumentId, element: Shown) -> AnyView {
    let app = use_app();
    let links = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.element.links.clone()).unwrap_or_default())
    });
    let adding = RwSignal::new(false);
    let (title, url) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wrong = RwSignal::new(None::<String>);
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let address = url.get_untracked().trim().to_owned();
        if let Err(error) = validate::check_url("url", &address) {
            wrong.set(Some(field_words(&error)));
            return;
        }
        let Some(uuid) = new_uuid() else { return };
        let name = title.get_untracked().trim().to_owned();
        let link = Link {
            id: LinkId::new(uuid),
            title: if name.is_empty() { address.clone() } else { name },
            url: address,
        };
        app.change(ElementUpdateParams { set_links: vec![link], ..ElementUpdateParams::of(id) });
        title.set(String::new());
        url.set(String::new());
        wrong.set(None);
        adding.set(false);
    };
    view! {
        <section class="group">
            <div class="group-name">
                <h3>{t("field.links")}</h3>
                <button class="icon-button" aria-label=t("link.add") title=t("link.add")
                    on:click=move |_| adding.update(|adding| *adding = !*adding)>{icon("plus")}</button>
            </div>
            <ul class="plain rows">
                {move || links.get().into_iter().map(|link| {
                    let label = fill("link.remove", &[("name", &link.title)]);
                    let link_id = link.id;
                    view! {
                        <li class="row-line">
                            {icon("link")}
                            // Another tool may have written the address: what could run code is not a link.
                            {if validate::check_url("url", &link.url).is_ok() {
                                view! { <a class="grow truncate" href=link.url.clone() title=link.url target="_blank" rel="noopener noreferrer">{link.title}</a> }.into_any()
                            } else {
                                view! { <span class="grow truncate">{link.title}</span> }.into_any()
                            }}
                            <button class="icon-button quiet" aria-label=label on:click=move |_| {
                                app.change(ElementUpdateParams { remove_links: vec![link_id], ..ElementUpdateParams::of(id) });
                            }>{icon("close")}</button>
                        </li>
                    }
                }).collect_view()}
            </ul>
            {move || adding.get().then(|| view! {
                <form class="stack" on:submit=add>
                    <input class="input" type="text" autofocus autocomplete="off" aria-label=t("link.url") placeholder="https://"
                        prop:value=move || url.get() on:input=move |event| url.set(event_target_value(&event)) />
                    <input class="input" type="text" autocomplete="off" aria-label=t("link.title") placeholder=t("link.title")
                        prop:value=move || title.get() on:input=move |event| title.set(event_target_value(&event)) />
                    {move || wrong.get().map(|words| view! { <p class="field-error" role="alert">{words}</p> })}
                    <button class="button" type="submit">{t("link.add")}</button>
                </form>
            })}
        </section>
    }
    .into_any()
}
