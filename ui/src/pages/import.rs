//! The import wizard: choose, see what would change, apply, look at the diagram.

mod preview;

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ApiError, ErrorCode, ImportApplyParams, ImportInput, ImportPreview, ImportPreviewParams,
    WorkspaceCreateParams,
};
use leptos::html;
use leptos::task::spawn_local;

use crate::components::icon::icon;
use crate::components::job::{self, busy, new_job};
use crate::components::keys::is_open;
use crate::components::states::failure;
use crate::components::upload::read_files;
use crate::state::{App, DiagramRoute, ImportStep, Route, form, use_app};
use crate::text::{fill, grouped, t};
use crate::transport::Pick;

/// The wizard.
#[component]
pub fn ImportPage() -> AnyView {
    let app = use_app();
    view! {
        <div class="page import">
            <h1 class="page-title">{t("title.import")}</h1>
            <ol class="steps plain">
                {[("import.choose", 0), ("import.check", 1), ("import.apply", 2)].into_iter().map(|(text, place)| view! {
                    <li aria-current=move || (place == app.import.with(ImportStep::place)).then_some("step")>{t(text)}</li>
                }).collect_view()}
            </ol>
            {move || app.import_wrong.get().map(|error| failure(&error, None))}
            {move || match app.import.get() {
                ImportStep::Choose => choose(),
                ImportStep::Busy(job) => busy(job),
                ImportStep::Preview(found) => shown(found.0.clone(), &found.1),
            }}
        </div>
    }
}

/// Reads what was chosen and shows what importing it would change. Makes a workspace first where none is open.
fn read(app: App, name: Option<String>, input: ImportInput) {
    let job = new_job();
    to(app, ImportStep::Busy(job.clone()));
    spawn_local(async move {
        let preview = async {
            if let Some(name) = name {
                app.call(WorkspaceCreateParams { name }).await?;
                app.load().await;
            }
            app.call(ImportPreviewParams { input: input.clone(), job: Some(job.clone()) }).await
        };
        let next = match preview.await {
            Ok(preview) => ImportStep::Preview(Box::new((input, preview))),
            Err(error) => {
                wrong(app, unless_cancelled(error));
                ImportStep::Choose
            }
        };
        app.import.set(next);
        job::ended(app, &job);
    });
}

fn to(app: App, step: ImportStep) {
    wrong(app, None);
    app.import.set(step);
}

fn wrong(app: App, error: Option<ApiError>) {
    app.import_wrong.set(error);
}

fn unless_cancelled(error: ApiError) -> Option<ApiError> {
    (error.code != ErrorCode::Cancelled).then_some(error)
}

fn choose() -> AnyView {
    let app = use_app();
    let needs_name = !is_open(app);
    // Reading files takes a while, and what is around this page may be built anew meanwhile: what the reading needs at
    // its end outlives the page.
    let name = app.import_name;
    let file_node = NodeRef::<html::Input>::new();
    let folder_node = NodeRef::<html::Input>::new();
    let reading = RwSignal::new(None::<(u32, u32)>);
    Effect::new(move |_| {
        if let Some(input) = folder_node.get() {
            // No standard attribute, yet every browser knows it.
            let _ = input.set_attribute("webkitdirectory", "");
        }
    });
    let named = move || -> Result<Option<String>, ApiError> {
        if needs_name {
            form::read_name(&name.get_untracked()).map(Some).map_err(ApiError::from)
        } else {
            Ok(None)
        }
    };
    let begin = move |input: ImportInput| match named() {
        Ok(name) => read(app, name, input),
        Err(error) => wrong(app, Some(error)),
    };
    let pick = move |what: Pick| {
        let input = if what == Pick::File { file_node } else { folder_node };
        if !app.transport.picks_paths() {
            if let Some(input) = input.get_untracked() {
                input.click();
            }
            return;
        }
        spawn_local(async move {
            match app.transport.pick(what).await {
                Ok(Some(path)) => begin(ImportInput { path: Some(path), ..ImportInput::default() }),
                Ok(None) => {}
                Err(error) => wrong(app, Some(error)),
            }
        });
    };
    let chosen = move |input: web_sys::HtmlInputElement| {
        let Some(files) = input.files().filter(|files| files.length() > 0) else { return };
        wrong(app, None);
        reading.set(Some((0, files.length())));
        spawn_local(async move {
            let read = read_files(files, |done, total| {
                let _ = reading.try_set(Some((done, total)));
            })
            .await;
            reading.try_set(None);
            // The same choice again must be noticed as a change.
            input.set_value("");
            match read {
                Ok(files) => begin(ImportInput { files, ..ImportInput::default() }),
                Err(error) => wrong(app, Some(error)),
            }
        });
    };
    view! {
        <section class="block">
            {needs_name.then(|| view! {
                <label class="stacked narrow">
                    <span class="field-name">{t("import.workspace_name")}</span>
                    <input class="input" type="text" autocomplete="off" prop:value=move || name.get()
                        on:input=move |event| name.set(event_target_value(&event)) />
                </label>
            })}
            <p>{t("import.text")}</p>
            <div class="choice-grid">
                <button class="choice" on:click=move |_| pick(Pick::File)>
                    <span class="choice-mark">{icon("page")}</span>
                    <span><span class="strong">{t("import.file")}</span><span class="muted choice-text">{t("import.file_text")}</span></span>
                </button>
                <button class="choice" on:click=move |_| pick(Pick::Folder)>
                    <span class="choice-mark">{icon("tree")}</span>
                    <span><span class="strong">{t("import.folder")}</span><span class="muted choice-text">{t("import.folder_text")}</span></span>
                </button>
            </div>
            <input node_ref=file_node type="file" class="sr-only" tabindex="-1" aria-hidden="true" aria-label=t("import.file")
                accept=".yml,.yaml,.md,.markdown,.json" on:change=move |event| chosen(event_target(&event)) />
            <input node_ref=folder_node type="file" class="sr-only" tabindex="-1" aria-hidden="true" aria-label=t("import.folder")
                multiple=true on:change=move |event| chosen(event_target(&event)) />
            {move || reading.try_get().flatten().map(|(done, total)| view! {
                <p role="status">{fill("import.reading", &[("done", &grouped(done.into())), ("total", &grouped(total.into()))])}</p>
                <progress class="progress" max=total.to_string() value=done.to_string() aria-label=t("import.reading_short")></progress>
            })}
            <p class="muted small">{t("import.safe")}</p>
        </section>
    }
    .into_any()
}

fn shown(input: ImportInput, found: &ImportPreview) -> AnyView {
    let app = use_app();
    let counts = found.counts;
    let nothing = counts.added + counts.changed + counts.removed == 0;
    let back = (input.clone(), found.clone());
    let apply = move |_| {
        let job = new_job();
        to(app, ImportStep::Busy(job.clone()));
        let (input, back) = (input.clone(), back.clone());
        spawn_local(async move {
            match app.call(ImportApplyParams { input, job: Some(job.clone()) }).await {
                Ok(applied) => {
                    to(app, ImportStep::Choose);
                    app.load_index().await;
                    app.reread();
                    app.undoable(t("import.done"));
                    app.go(match applied.view {
                        Some(id) => Route::Diagram(DiagramRoute { id: Some(id), ..DiagramRoute::default() }),
                        None if applied.counts.pages > 0 => Route::Pages,
                        None => Route::Home,
                    });
                }
                Err(error) => {
                    wrong(app, unless_cancelled(error));
                    app.import.set(ImportStep::Preview(Box::new(back)));
                }
            }
            job::ended(app, &job);
        });
    };
    view! {
        {preview::preview(found)}
        <footer class="wizard-foot">
            <button class="button" on:click=move |_| to(app, ImportStep::Choose)>{t("import.choose_again")}</button>
            {if nothing {
                view! { <a class="button primary" href="/">{t("import.nothing_to_do")}</a> }.into_any()
            } else {
                view! { <button class="button primary" on:click=apply>{icon("ok")} {t("import.apply_now")}</button> }.into_any()
            }}
        </footer>
    }
    .into_any()
}
