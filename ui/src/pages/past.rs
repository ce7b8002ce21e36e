//! The workspace at a date: what it held, and what became of it. Only to look at, and to bring back what is gone.

use crate::dom::prelude::*;
use groundplan_shared::api::{ApiError, Became, ErrorCode, HistoryAtParams, HistoryRecoverParams};

use crate::components::icon::{icon, kind_icon};
use crate::components::job::{self, busy, new_job};
use crate::components::states::failure;
use crate::state::{App, Route, use_app};
use crate::text::{count, date, fill, grouped, name_of, now_ms, t};
use crate::transport::{Json, encode, parse};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// Things listed.
const ROWS: u32 = 200;

/// The screen.
pub fn past_page() -> AnyView {
    let app = use_app();
    let day = RwSignal::new(date(now_ms().saturating_sub(DAY_MS)));
    let at = Memo::new(move |_| day.with(|day| end_of(day)));
    let became = RwSignal::new(None::<Became>);
    let look = Look::follow(app, move || {
        let became = became.get();
        at.get().map(|at_ms| HistoryAtParams { at_ms, became, limit: ROWS, after: None, job: None })
    });
    let told = Memo::new(move |_| look.told());
    let tab = move |own: Option<Became>, text: &'static str| {
        view! {
            <button class="segment" role="radio" aria-checked=move || if became.get() == own { "true" } else { "false" }
                on:click=move |_| became.set(own)>{t(text)}</button>
        }
    };
    view! {
        <div class="page past">
            <h1 class="page-title">{t("title.past")}</h1>
            <label class="past-day">
                <span class="field-name">{t("past.day")}</span>
                <input class="input" type="date" max=date(now_ms()) prop:value=move || day.get()
                    on:change=move |event| day.set(event_target_value(&event)) />
            </label>
            <div class="segments" role="radiogroup" aria-label=t("past.which")>
                {tab(None, "past.all")}{tab(Some(Became::Changed), "past.changed")}{tab(Some(Became::Deleted), "past.deleted")}
            </div>
            {move || told.get().map(busy)}
            {move || match look.answer.get() {
                Err(error) if error.code == ErrorCode::Cancelled => stopped(look),
                Err(error) => failure(&error, None),
                Ok(answer) => parse(&answer).map_or(AnyView::Empty, |past| show(app, past.whole("at_ms"), &past)),
            }}
        </div>
    }
}

/// A look at the history of everything. It takes as long as the workspace is large, so there is one at a time: another
/// question ends it, and what changes meanwhile is looked at when it has ended.
#[derive(Clone, Copy)]
struct Look {
    app: App,
    /// The latest answer; empty before the first.
    answer: RwSignal<Result<String, ApiError>>,
    /// The look under way.
    running: RwSignal<Option<String>>,
    wanted: RwSignal<Option<HistoryAtParams>>,
    /// Whether something changed while it ran.
    stale: StoredValue<bool>,
}

impl Look {
    /// Looks by these parameters, again whenever they or anything in the workspace change.
    fn follow(app: App, params: impl Fn() -> Option<HistoryAtParams> + Send + Sync + 'static) -> Self {
        let look = Self {
            app,
            answer: RwSignal::new(Ok(String::new())),
            running: RwSignal::new(None),
            wanted: RwSignal::new(None),
            stale: StoredValue::new(false),
        };
        Effect::new(move |_| {
            look.wanted.set(params());
            look.stop();
            look.begin();
        });
        Effect::new(move |seen: Option<u64>| {
            let number = app.changes.with(|changes| changes.number);
            if seen.is_some_and(|seen| seen != number) {
                look.again();
            }
            number
        });
        on_cleanup(move || look.stop());
        look
    }

    fn begin(self) {
        let Some(mut params) = self.wanted.get_untracked() else { return };
        let job = new_job();
        params.job = Some(job.clone());
        self.stale.set_value(false);
        self.running.set(Some(job.clone()));
        let done = move |answer: Result<String, ApiError>| {
            job::ended(self.app, &job);
            // Another question came, or the page is gone.
            if self.running.try_with_untracked(|running| running.as_ref() == Some(&job)) != Some(true) {
                return;
            }
            self.running.set(None);
            let ended = answer.is_ok();
            if self.answer.with_untracked(|old| *old != answer) {
                self.answer.set(answer);
            }
            if ended && self.stale.get_value() {
                self.begin();
            }
        };
        self.app.ask_then("history/at", encode(&params), Box::new(done));
    }

    fn again(self) {
        if self.running.with_untracked(Option::is_some) {
            self.stale.set_value(true);
        } else if self.answer.with_untracked(Result::is_ok) {
            self.begin();
        }
    }

    fn stop(self) {
        if let Some(job) = self.running.try_update(Option::take).flatten() {
            job::cancel(self.app, job);
        }
    }

    /// The look under way, once it has told that it takes a while.
    fn told(self) -> Option<String> {
        let running = self.running.get()?;
        self.app.jobs.with(|jobs| jobs.get(&running).is_some_and(|job| job.done > 0)).then_some(running)
    }
}

fn stopped(look: Look) -> AnyView {
    view! {
        <p class="muted" role="status">{t("past.stopped")}</p>
        <button class="button" on:click=move |_| look.begin()>{t("past.again")}</button>
    }
    .into_any()
}

/// The last moment of a day as people write it, where this device is; none if it is no day.
fn end_of(day: &str) -> Option<u64> {
    let end = js_sys::Date::new(&wasm_bindgen::JsValue::from_str(&format!("{day}T23:59:59.999"))).get_time();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole milliseconds since 1970"
    )]
    (end > 0.0).then_some(end as u64).map(|end| end.min(now_ms()))
}

fn show(app: App, at: u64, past: &Json<'_>) -> AnyView {
    let (then, now) = (past.at("then"), past.at("now"));
    let counts = ["elements", "relations", "pages", "views"].map(|what| {
        view! { <tr><td>{name_of("past_of", what)}</td><td>{grouped(then.whole(what))}</td><td>{grouped(now.whole(what))}</td></tr> }
    });
    let rows = past.list("items").iter().map(|thing| row(app, at, thing));
    let none = past.list("items").is_empty();
    let changes = past.whole("created") + past.whole("changed") + past.whole("deleted");
    view! {
        <p class="notice past-banner" role="status">{icon("undo")}<span>{fill("past.banner", &[("date", &date(at))])}</span></p>
        <div class="table-scroll" tabindex="0" role="group" aria-label=t("past.counts")>
            <table class="grid">
                <thead><tr><th>{t("past.what")}</th><th>{t("past.then")}</th><th>{t("past.now")}</th></tr></thead>
                <tbody>{counts.into_iter().collect_view()}</tbody>
            </table>
        </div>
        <h2 class="block-title">{count("past.since", changes, &[])}</h2>
        {none.then(|| view! { <p class="muted">{t("past.nothing")}</p> })}
        <ul class="plain rows">{rows.collect_view()}</ul>
        {(changes > u64::from(ROWS)).then(|| view! { <p class="muted small">{count("past.first", u64::from(ROWS), &[])}</p> })}
    }
}

fn row(app: App, at: u64, thing: &Json<'_>) -> AnyView {
    let (item, became) = (thing.at("item"), thing.text("became"));
    let id = item.text("id").parse().ok();
    let gone = became == "deleted";
    let route = id.filter(|_| !gone).map(|id| Route::to_document(&item.text("document"), id).url());
    let back = id.filter(|_| gone).map(|id| {
        let params = encode(&HistoryRecoverParams { at_ms: at, ids: vec![id] });
        let name = item.text("name");
        let done = move |_| {
            let name = name.clone();
            app.ask_then(
                "history/recover",
                params.clone(),
                Box::new(move |answer| match answer {
                    Ok(_) => {
                        app.undoable(fill("past.restored", &[("name", &name)]));
                        app.reread();
                    }
                    Err(error) => app.fail(error),
                }),
            );
        };
        view! { <button class="button small" on:click=done>{icon("undo")} {t("past.restore")}</button> }
    });
    view! {
        <li class="row-line">
            {if item.text("document") == "view" { icon("diagram") } else { kind_icon(&item.text("kind")) }}
            <a class="grow truncate" href=route>{item.text("name")}</a>
            <span class="muted small">{name_of("became", &became)}</span>
            {back}
        </li>
    }
}
