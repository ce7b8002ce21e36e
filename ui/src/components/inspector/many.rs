//! What can be done to several chosen elements at once.

use crate::dom::prelude::*;
use groundplan_shared::api::ElementUpdateParams;
use leptos::task::spawn_local;

use crate::components::icon::{icon, kind_icon};
use crate::components::keys::delete_chosen;
use crate::state::{Dialog, Route, form, use_app, use_shell};
use crate::text::count;

/// The most names listed.
const LISTED: usize = 50;

pub(super) fn many() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let typed = RwSignal::new(String::new());
    let number = move || app.selection.with(|chosen| chosen.len() as u64);
    let add_tags = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let tags = match form::read_tags(&typed.get_untracked()) {
            Ok(tags) if tags.is_empty() => return,
            Ok(tags) => tags,
            Err(error) => return app.fail(error.into()),
        };
        typed.set(String::new());
        let ids = app.selection.get_untracked();
        spawn_local(async move {
            let number = ids.len() as u64;
            for id in ids {
                let add_tags = tags.iter().cloned().collect();
                match app.call(ElementUpdateParams { add_tags, ..ElementUpdateParams::of(id) }).await {
                    Ok(view) => app.put(&view),
                    Err(error) => return app.fail(error),
                }
            }
            app.say(count("many.tagged", number, &[]));
        });
    };
    let relate = move |_| {
        if let [source, target] = app.selection.get_untracked()[..] {
            shell.open(Dialog::NewRelation { source, target: Some(target) });
        }
    };
    view! {
        <div class="inspector-body">
            <header class="inspector-head"><h2>{move || count("status.chosen", number(), &[])}</h2></header>
            <div class="actions pad">
                {move || (number() == 2).then(|| view! {
                    <button class="button" on:click=relate>{icon("out")} {t("many.relate")}</button>
                })}
                <button class="button danger" on:click=move |_| delete_chosen(app)>{icon("trash")} {t("action.delete")}</button>
            </div>
            <form class="stack pad" on:submit=add_tags>
                <label class="stacked"><span class="field-name">{t("many.tags")}</span>
                    <input class="input" type="text" autocomplete="off" placeholder=t("tag.add")
                        prop:value=move || typed.get() on:input=move |event| typed.set(event_target_value(&event)) /></label>
            </form>
            <ul class="plain rows pad">
                {move || app.selection.get().into_iter().take(LISTED).map(|id| {
                    let found = app.index.with(|index| index.reference(id));
                    found.map(|item| view! {
                        <li class="row-line">{kind_icon(&item.kind)} <a class="truncate" href=Route::Element(id).url()>{item.name}</a></li>
                    })
                }).collect_view()}
            </ul>
        </div>
    }
    .into_any()
}
