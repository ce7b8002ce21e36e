//! The two fields of a new passphrase with a hint how good it is, and the dialog that changes the present one.

use crate::dom::prelude::*;
use groundplan_shared::api::{ApiError, ErrorCode, Hidden, ProfilePassphraseParams};

use super::dialog::Modal;
use super::icon::icon;
use super::states::failure;
use crate::state::passphrase::strength;
use crate::state::{use_app, use_shell};
use crate::text::t;
use crate::transport::{decode, encode};

/// What is typed into the two fields.
#[derive(Clone, Copy)]
pub struct Fresh {
    first: RwSignal<String>,
    again: RwSignal<String>,
}

impl Default for Fresh {
    fn default() -> Self {
        Self { first: RwSignal::new(String::new()), again: RwSignal::new(String::new()) }
    }
}

impl Fresh {
    /// Reads the passphrase.
    ///
    /// # Errors
    /// `InvalidInput` if the two differ; whether it is good enough is for the core to say.
    pub fn read(self) -> Result<String, ApiError> {
        let first = self.first.get_untracked();
        if first == self.again.get_untracked() {
            return Ok(first);
        }
        Err(ApiError::new(ErrorCode::InvalidInput, t("passphrase.differ"), t("passphrase.differ_hint")))
    }
}

/// The two fields.
pub fn fresh(chosen: Fresh, label: &'static str, focus: bool) -> AnyView {
    let strength = Memo::new(move |_| chosen.first.with(|text| strength(text)));
    view! {
        <label class="stacked">
            <span class="field-name">{t(label)}</span>
            <input class="input" type="password" autocomplete="new-password" autofocus=focus spellcheck="false"
                aria-describedby="passphrase-strength"
                prop:value=move || chosen.first.get()
                on:input=move |event| chosen.first.set(event_target_value(&event)) />
        </label>
        <div class="strength" data-marks=move || strength.get().marks().to_string()>
            <span class="strength-marks" aria-hidden="true"><i></i><i></i><i></i></span>
            <span class="muted small" id="passphrase-strength" aria-live="polite">{move || strength.get().sentence()}</span>
        </div>
        <label class="stacked">
            <span class="field-name">{t("passphrase.again")}</span>
            <input class="input" type="password" autocomplete="new-password" spellcheck="false"
                prop:value=move || chosen.again.get()
                on:input=move |event| chosen.again.set(event_target_value(&event)) />
        </label>
    }
    .into_any()
}

/// The dialog that changes how the key is kept.
pub fn change() -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let storage = app.status.with_untracked(|status| match status {
        Some(Ok(status)) => status.key_storage.clone(),
        _ => String::new(),
    });
    let has_passphrase = storage == "passphrase";
    let current = RwSignal::new(String::new());
    let chosen = Fresh::default();
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let new = match chosen.read() {
            Ok(new) => Some(Hidden(new)),
            Err(error) => return wrong.set(Some(error)),
        };
        let current = has_passphrase.then(|| Hidden(current.get_untracked()));
        busy.set(true);
        wrong.set(None);
        let done = move |answer| {
            let _ = busy.try_set(false);
            match decode::<ProfilePassphraseParams>(answer) {
                Ok(_) => {
                    shell.close();
                    app.say(t("passphrase.changed"));
                    app.reload();
                }
                Err(error) => {
                    let _ = wrong.try_set(Some(error));
                }
            }
        };
        app.ask_then("profile/passphrase", encode(&ProfilePassphraseParams { current, new }), Box::new(done));
    };
    let present = has_passphrase.then(|| view! {
        <label class="stacked">
            <span class="field-name">{t("passphrase.current")}</span>
            <input class="input" type="password" autocomplete="current-password" autofocus spellcheck="false"
                prop:value=move || current.get() on:input=move |event| current.set(event_target_value(&event)) />
        </label>
    });
    view! {
        <Modal title=t("passphrase.change") on_close=Callback::new(move |()| shell.close())>
            <form class="dialog-form" on:submit=submit>
                <p class="muted">{t("passphrase.change_text")}</p>
                {present}
                {fresh(chosen, "passphrase.new_one", !has_passphrase)}
                <p class="notice">{icon("warn")}<span>{t("unlock.no_reset")}</span></p>
                {move || wrong.get().map(|error| failure(&error, None))}
                <footer class="dialog-foot">
                    <button class="button" type="button" on:click=move |_| shell.close()>{t("dialog.cancel")}</button>
                    <button class="button primary" type="submit" disabled=move || busy.get()>{t("passphrase.change_do")}</button>
                </footer>
            </form>
        </Modal>
    }
    .into_any()
}
