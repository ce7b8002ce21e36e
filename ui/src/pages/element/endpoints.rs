//! The endpoints of an API: a table edited where its values stand.

use crate::dom::prelude::*;
use groundplan_shared::api::{ElementView, EndpointRemoveParams, EndpointSetParams};
use groundplan_shared::model::{DocumentId, Endpoint, EndpointId};
use groundplan_shared::validate::{FieldError, check_line};

use crate::components::icon::icon;
use crate::components::inline::InlineText;
use crate::state::{Answer, new_uuid, use_app};
use crate::text::{fill, name_of, t};

const AUTHENTICATION: &[&str] =
    &["none", "credentials", "session", "token", "client-certificate", "two-factor"];
/// Longest method, and longest other text of an endpoint, in characters.
const LIMITS: (usize, usize) = (32, 400);

pub(super) fn endpoints(api: DocumentId, element: Memo<Option<Answer<ElementView>>>) -> AnyView {
    let app = use_app();
    let all = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.element.endpoints.clone()).unwrap_or_default())
    });
    let add = move |_| {
        let Some(uuid) = new_uuid() else { return };
        let endpoint = Endpoint {
            id: EndpointId::new(uuid),
            method: "GET".to_owned(),
            path: "/".to_owned(),
            operation: String::new(),
            authentication: String::new(),
            data: String::new(),
        };
        app.run(EndpointSetParams { api, endpoint }, move |_| app.reread());
    };
    view! {
        <section class="block">
            <header class="block-head">
                <h2>{icon("link")} {t("endpoint.title")} <span class="count">{move || all.with(Vec::len)}</span></h2>
                <button class="button small" on:click=add>{icon("plus")} {t("endpoint.add")}</button>
            </header>
            <div class="table-scroll" tabindex="0" role="region" aria-label=t("endpoint.title")>
                <table class="grid" hidden=move || all.with(Vec::is_empty)>
                    <thead><tr>
                        <th>{t("endpoint.method")}</th><th>{t("endpoint.path")}</th><th>{t("endpoint.operation")}</th>
                        <th>{t("property.authentication")}</th><th>{t("endpoint.data")}</th><td></td>
                    </tr></thead>
                    <tbody>
                        <For each=move || all.get() key=|endpoint| endpoint.clone().id let:endpoint>{row(api, endpoint.id, all)}</For>
                    </tbody>
                </table>
            </div>
            {move || all.with(Vec::is_empty).then(|| view! { <p class="muted">{t("endpoint.none")}</p> })}
        </section>
    }
    .into_any()
}

fn row(api: DocumentId, id: EndpointId, all: Memo<Vec<Endpoint>>) -> AnyView {
    let app = use_app();
    let one = Memo::new(move |_| all.with(|all| all.iter().find(|endpoint| endpoint.id == id).cloned()));
    let save = move |change: &dyn Fn(&mut Endpoint)| {
        if let Some(mut endpoint) = one.get_untracked() {
            change(&mut endpoint);
            app.run(EndpointSetParams { api, endpoint }, move |_| app.reread());
        }
    };
    let read = move |part: fn(&Endpoint) -> &str| {
        Memo::new(move |_| {
            one.with(|endpoint| {
                endpoint.as_ref().map(|endpoint| part(endpoint).to_owned()).unwrap_or_default()
            })
        })
    };
    let line = move |max: usize| {
        Callback::new(move |text: String| -> Result<(), FieldError> { check_line("endpoint", &text, max) })
    };
    let authentication = read(|endpoint| &endpoint.authentication);
    let remove = move |_| {
        app.run(EndpointRemoveParams { api, id }, move |_| {
            let path = one.get_untracked().map(|endpoint| endpoint.path).unwrap_or_default();
            app.undoable(fill("endpoint.removed", &[("path", &path)]));
            app.reread();
        });
    };
    view! {
        <tr>
            <td><InlineText class="mono" value=read(|endpoint| &endpoint.method) label=t("endpoint.method") check=line(LIMITS.0)
                on_save=Callback::new(move |text: String| save(&|endpoint| endpoint.method.clone_from(&text))) /></td>
            <td><InlineText class="mono" value=read(|endpoint| &endpoint.path) label=t("endpoint.path") check=line(LIMITS.1)
                on_save=Callback::new(move |text: String| save(&|endpoint| endpoint.path.clone_from(&text))) /></td>
            <td><InlineText value=read(|endpoint| &endpoint.operation) label=t("endpoint.operation") check=line(LIMITS.1)
                on_save=Callback::new(move |text: String| save(&|endpoint| endpoint.operation.clone_from(&text))) /></td>
            <td><select class="inline" aria-label=t("property.authentication")
                on:change=move |event| {
                    let text = event_target_value(&event);
                    save(&|endpoint| endpoint.authentication.clone_from(&text));
                }>
                <option value="">{t("choice.unset")}</option>
                {AUTHENTICATION.iter().map(|choice| view! {
                    <option value=*choice selected=move || authentication.with(|value| value == choice)>{name_of("choice", choice)}</option>
                }).collect_view()}
            </select></td>
            <td><InlineText value=read(|endpoint| &endpoint.data) label=t("endpoint.data") check=line(LIMITS.1)
                on_save=Callback::new(move |text: String| save(&|endpoint| endpoint.data.clone_from(&text))) /></td>
            <td><button class="icon-button quiet" aria-label=t("endpoint.remove") on:click=remove>{icon("trash")}</button></td>
        </tr>
    }
    .into_any()
}
