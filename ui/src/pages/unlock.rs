//! The screen in front of a profile that is not open: choose a passphrase, unlock, or what is wrong and what to do.

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ApiError, ErrorCode, Hidden, ProfileCreateParams, ProfileState, ProfileStatus, ProfileStatusParams,
    ProfileUnlockParams,
};

use super::front::front;
use crate::components::icon::icon;
use crate::components::passphrase::{Fresh, fresh};
use crate::components::states::{failure, loading};
use crate::state::{App, use_app};
use crate::text::t;
use crate::transport::{decode, encode};

/// Says whether an error is about the profile's lock and key, so that this screen has to be shown.
pub fn concerns(error: &ApiError) -> bool {
    matches!(
        error.code,
        ErrorCode::Locked
            | ErrorCode::KeyMissing
            | ErrorCode::KeyWrong
            | ErrorCode::StoreNewer
            | ErrorCode::StoreCorrupt
            | ErrorCode::StoreBusy
            | ErrorCode::StorageFailed
    )
}

/// Where an attempt stands.
#[derive(Clone, Copy)]
struct Attempt {
    busy: RwSignal<bool>,
    wrong: RwSignal<Option<ApiError>>,
}

/// The screen.
#[component]
pub fn UnlockPage() -> AnyView {
    let app = use_app();
    let found = RwSignal::new(None::<Result<ProfileStatus, ApiError>>);
    Effect::new(move |_| {
        // Each reading of the program's state asks anew: it may have been unlocked or damaged elsewhere.
        app.status.track();
        let done = move |answer| {
            let _ = found.try_set(Some(decode::<ProfileStatusParams>(answer)));
        };
        app.ask_then("profile/status", encode(&ProfileStatusParams {}), Box::new(done));
    });
    let attempt = Attempt { busy: RwSignal::new(false), wrong: RwSignal::new(None) };
    let body = move || match found.get() {
        None => loading(),
        Some(Err(error)) => failure(&error, Some(Callback::new(move |()| app.reload()))),
        Some(Ok(status)) => draw(app, attempt, status),
    };
    front("welcome-inner unlock", body.into_any())
}

fn draw(app: App, attempt: Attempt, status: ProfileStatus) -> AnyView {
    match status.state {
        ProfileState::Open => match app.status.get_untracked() {
            // It was opened meanwhile.
            Some(Err(error)) if error.code != ErrorCode::Locked => {
                failure(&error, Some(Callback::new(move |()| app.reload())))
            }
            _ => {
                app.reload();
                loading()
            }
        },
        ProfileState::Opening => view! {
            <h2>{t("unlock.opening")}</h2>
            <p class="muted">{t("unlock.opening_text")}</p>
            <progress class="progress" aria-label=t("unlock.opening")></progress>
            {again(app)}
        }
        .into_any(),
        ProfileState::New => new(app, attempt, &status),
        ProfileState::Locked => locked(app, attempt, &status),
        ProfileState::Failed => failed(app, attempt, &status),
    }
}

/// Asks the core anew after a while, as long as it waits for the keyring.
fn again(app: App) -> AnyView {
    let timer = set_timeout_with_handle(move || app.reload(), std::time::Duration::from_secs(2));
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
    ().into_any()
}

fn create(app: App, attempt: Attempt, passphrase: Option<String>) {
    let passphrase = passphrase.map(Hidden);
    go(app, attempt, "profile/create", encode(&ProfileCreateParams { passphrase }));
}

/// Tries something that opens the profile.
fn go(app: App, attempt: Attempt, method: &'static str, params: String) {
    if attempt.busy.get_untracked() {
        return;
    }
    attempt.busy.set(true);
    attempt.wrong.set(None);
    let done = move |answer| {
        let _ = attempt.busy.try_set(false);
        match decode::<ProfileUnlockParams>(answer) {
            Ok(status) => {
                // Open, but the keyring did not take the key.
                if let Some(problem) = status.problem {
                    app.fail(problem);
                }
                app.reload();
            }
            Err(error) => {
                let about_entry = matches!(error.code, ErrorCode::InvalidInput | ErrorCode::RateLimited)
                    || error.field.as_deref() == Some("passphrase");
                if !about_entry {
                    // It stands differently now: the screen for that says more.
                    return app.reload();
                }
                let _ = attempt.wrong.try_set(Some(error));
            }
        }
    };
    app.ask_then(method, params, Box::new(done));
}

fn troubles(attempt: Attempt) -> AnyView {
    (move || attempt.wrong.get().map(|error| failure(&error, None))).into_any()
}

fn new(app: App, attempt: Attempt, status: &ProfileStatus) -> AnyView {
    let chosen = Fresh::default();
    let keyring = status.keyring.then(|| {
        view! {
            <button class="button" type="button" disabled=move || attempt.busy.get()
                on:click=move |_| create(app, attempt, None)>{t("unlock.use_keyring")}</button>
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match chosen.read() {
            Ok(passphrase) => create(app, attempt, Some(passphrase)),
            Err(error) => attempt.wrong.set(Some(error)),
        }
    };
    view! {
        <form class="dialog-form" on:submit=submit>
            <h2>{t("unlock.new")}</h2>
            <p>{t(if status.keyring { "unlock.new_text_keyring" } else { "unlock.new_text" })}</p>
            {fresh(chosen, "passphrase.new", true)}
            <p class="notice">{icon("warn")}<span>{t("unlock.no_reset")}</span></p>
            {troubles(attempt)}
            <footer class="dialog-foot">
                {keyring}
                <button class="button primary" type="submit" disabled=move || attempt.busy.get()>
                    {move || t(if attempt.busy.get() { "unlock.working" } else { "unlock.create" })}
                </button>
            </footer>
        </form>
    }
    .into_any()
}

fn locked(app: App, attempt: Attempt, status: &ProfileStatus) -> AnyView {
    let by_passphrase = status.key_storage.as_deref() == Some("passphrase");
    let typed = RwSignal::new(String::new());
    let keep = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let passphrase = by_passphrase.then(|| Hidden(typed.get_untracked()));
        let keep_in_keyring = keep.get_untracked();
        go(app, attempt, "profile/unlock", encode(&ProfileUnlockParams { passphrase, keep_in_keyring }));
    };
    let field = by_passphrase.then(|| view! {
        <label class="stacked">
            <span class="field-name">{t("passphrase.present")}</span>
            <input class="input" type="password" autocomplete="current-password" autofocus spellcheck="false"
                aria-invalid=move || attempt.wrong.with(Option::is_some).then_some("true")
                prop:value=move || typed.get() on:input=move |event| typed.set(event_target_value(&event)) />
        </label>
        {status.keyring.then(|| view! {
            <label class="check">
                <input type="checkbox" prop:checked=move || keep.get()
                    on:change=move |event| keep.set(event_target_checked(&event)) />
                <span>{t("unlock.keep")}</span>
            </label>
        })}
    });
    view! {
        <form class="dialog-form" on:submit=submit>
            <h2>{t("unlock.locked")}</h2>
            <p class="muted">{t(if by_passphrase { "unlock.locked_text" } else { "unlock.locked_keyring" })}</p>
            {field}
            {troubles(attempt)}
            <footer class="dialog-foot">
                <button class="button primary" type="submit" disabled=move || attempt.busy.get()>
                    {move || t(if attempt.busy.get() { "unlock.working" } else { "unlock.unlock" })}
                </button>
            </footer>
        </form>
        {facts(status)}
    }
    .into_any()
}

fn failed(app: App, attempt: Attempt, status: &ProfileStatus) -> AnyView {
    let Some(problem) = &status.problem else { return loading() };
    let (title, text) = match problem.code {
        ErrorCode::KeyMissing => ("unlock.key_missing", "unlock.key_missing_text"),
        ErrorCode::KeyWrong => ("unlock.key_wrong", "unlock.key_wrong_text"),
        ErrorCode::StoreCorrupt => ("unlock.corrupt", "unlock.corrupt_text"),
        ErrorCode::StoreNewer => ("unlock.newer", "unlock.newer_text"),
        ErrorCode::StoreBusy => ("unlock.busy", "unlock.busy_text"),
        _ => ("unlock.failed", "unlock.failed_text"),
    };
    let retry = Callback::new(move |()| {
        go(app, attempt, "profile/unlock", encode(&ProfileUnlockParams::default()));
    });
    view! {
        <h2>{t(title)}</h2>
        <p class="unlock-text">{t(text)}</p>
        {failure(problem, Some(retry))}
        {move || attempt.busy.get().then(|| view! { <p class="muted" role="status">{t("unlock.working")}</p> })}
        {facts(status)}
    }
    .into_any()
}

fn facts(status: &ProfileStatus) -> AnyView {
    view! {
        <dl class="facts unlock-facts">
            <dt>{t("settings.profile")}</dt><dd>{status.profile.clone()}</dd>
            <dt>{t("settings.data")}</dt><dd class="mono">{status.data_dir.clone()}</dd>
        </dl>
    }
    .into_any()
}
