//! A long command under way: what it is doing, how far it is, and a way to stop it.

use crate::dom::prelude::*;
use groundplan_shared::api::JobCancelParams;

use crate::state::{App, new_uuid, use_app};
use crate::text::{fill, grouped, name_of, t};
use crate::transport::encode;

/// A name for a command about to be started.
pub fn new_job() -> String {
    new_uuid().map(|uuid| uuid.to_string()).unwrap_or_default()
}

/// Stops a command. One that has ended meanwhile is refused, and its own answer says so better.
pub fn cancel(app: App, job: String) {
    app.ask_then("job/cancel", encode(&JobCancelParams { job }), Box::new(|_| {}));
}

/// Forgets how far a command was that has ended.
pub fn ended(app: App, job: &str) {
    app.jobs.update(|jobs| drop(jobs.remove(job)));
}

/// Shows the command of this name.
pub fn busy(job: String) -> AnyView {
    let app = use_app();
    let name = job.clone();
    let progress = Memo::new(move |_| app.jobs.with(|jobs| jobs.get(&name).cloned()));
    view! {
        <section class="block card">
            {move || {
                // The step may have ended between the news and this look.
                let progress = progress.try_get().flatten();
                let words = progress.as_ref().map_or_else(|| t("job.starting").to_owned(), |job| name_of("step", &job.step));
                let known = progress.filter(|job| job.total > 0);
                let numbers = known.as_ref().map(|job| {
                    fill("job.of", &[("done", &grouped(job.done)), ("total", &grouped(job.total))])
                });
                view! {
                    <p role="status">{words} " " <span class="muted">{numbers}</span></p>
                    {match known {
                        Some(job) => view! {
                            <progress class="progress" max=job.total.to_string() value=job.done.to_string() aria-label=t("job.progress")></progress>
                        }.into_any(),
                        None => view! { <progress class="progress" aria-label=t("job.progress")></progress> }.into_any(),
                    }}
                }
            }}
            <div class="actions"><button class="button" on:click=move |_| cancel(app, job.clone())>{t("dialog.cancel")}</button></div>
        </section>
    }
    .into_any()
}
