//! The files of a vault: which page each belongs to, what changed, and keeping their bytes.
//!
//! A file belongs to the first page that links to it, else to the nearest page by folder, and stays with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use automerge::transaction::CommitOptions;
use groundplan_import::{FileTree, ImportAttachment, ImportError, ImportSet};
use groundplan_shared::model::{
    ATTACHMENTS_PER_DOCUMENT, Attachment, AttachmentId, ContentHash, DocumentId, SourceId,
};

use super::act::Act;
use super::compare::{Plan, source};
use super::known::{Known, KnownByKey};
use crate::attachment::{chunks, gc};
use crate::core::{CoreError, Tx};
use crate::jobs::Job;
use crate::{doc, env};

/// Bytes of records in one change, far below what an envelope holds.
const CHANGE_BYTES: usize = 96 * 1024;

/// What is to be done about one file.
pub(super) enum AttachAct {
    /// Attach it, or attach its new content under the same id.
    Keep { owner: DocumentId, id: AttachmentId, key: String, path: String },
    /// It is no longer in the source.
    Forget { owner: DocumentId, id: AttachmentId },
}

struct Held {
    owner: DocumentId,
    id: AttachmentId,
    hash: ContentHash,
    name: String,
    media_type: String,
    removed: bool,
}

/// Adds what an import does about files to its plan. Reads each file once, a chunk at a time.
pub(super) fn compare(
    tx: &Tx<'_>,
    set: &ImportSet,
    tree: &dyn FileTree,
    from: Option<SourceId>,
    known: &KnownByKey,
    plan: &mut Plan,
    job: &Job<'_>,
) -> Result<Vec<AttachAct>, CoreError> {
    let going: HashSet<DocumentId> =
        plan.acts.iter().filter_map(|act| if let Act::Delete(id) = act { Some(*id) } else { None }).collect();
    let mut held = held(tx, from)?;
    held.retain(|_, held| !going.contains(&held.owner));
    let mut owners = Owners::of(tx, set, known, plan)?;
    let total = set.attachments.len() as u64;
    let mut acts = Vec::new();
    for (done, file) in set.attachments.iter().enumerate() {
        job.step("compare", done as u64, total).map_err(CoreError::Api)?;
        let content = chunks::describe(&file.path, &mut *open(tree, file)?)?;
        let name = name_of(&file.path);
        let keep = |owner, id| AttachAct::Keep { owner, id, key: file.key.clone(), path: file.path.clone() };
        match held.remove(&file.key) {
            Some(held) if held.removed => {
                let fields = vec!["deleted here".to_owned()];
                plan.row("drift", "attachment", &held.media_type, &held.name, fields, Some(held.owner));
            }
            Some(held) if held.hash == content.hash => plan.counts.unchanged += 1,
            Some(held) => {
                let fields = vec!["content".to_owned()];
                plan.row("changed", "attachment", content.media_type, name, fields, Some(held.owner));
                acts.push(keep(held.owner, held.id));
            }
            None => {
                let owner = owners.choose(file)?;
                plan.row("added", "attachment", content.media_type, name, Vec::new(), None);
                acts.push(keep(owner, AttachmentId::new(env::make_uuid())));
            }
        }
    }
    let mut gone: Vec<Held> = held.into_values().filter(|held| !held.removed).collect();
    gone.sort_by_key(|held| held.id);
    for held in gone {
        plan.row("removed", "attachment", &held.media_type, &held.name, Vec::new(), Some(held.owner));
        acts.push(AttachAct::Forget { owner: held.owner, id: held.id });
    }
    Ok(acts)
}

/// Does it. The documents of the plan must have been written before.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    from: SourceId,
    tree: &dyn FileTree,
    acts: Vec<AttachAct>,
    job: &Job<'_>,
) -> Result<(), CoreError> {
    if acts.is_empty() {
        return Ok(());
    }
    let now_ms = tx.now_ms();
    gc::sweep(tx.sql(), now_ms)?;
    let total = acts.len() as u64;
    let mut written: HashMap<DocumentId, usize> = HashMap::new();
    for (done, act) in acts.into_iter().enumerate() {
        job.step("attach", done as u64, total).map_err(CoreError::Api)?;
        let (owner, bytes) = match act {
            AttachAct::Forget { owner, id } => {
                tx.edit(owner, |doc| Ok(doc::attachment::forget(doc, id)?))?;
                (owner, 64)
            }
            AttachAct::Keep { owner, id, key, path } => {
                let len = tree.size(&path).map_err(refused)?.unwrap_or(0);
                let file = ImportAttachment { key, path, len };
                // What was read for the comparison may have changed since: this reading is what counts.
                let content = chunks::keep(tx.sql(), &file.path, &mut *open(tree, &file)?)?;
                let attachment = Attachment {
                    id,
                    name: name_of(&file.path).to_owned(),
                    media_type: content.media_type.to_owned(),
                    size: content.size,
                    hash: content.hash,
                    chunks: content.chunks,
                    source: Some(source(from, &file.key, Default::default())),
                    path: file.path,
                };
                let bytes = 400 + 2 * attachment.path.len() + 65 * attachment.chunks.len();
                split_if_full(tx, owner, &mut written, bytes)?;
                tx.edit(owner, |doc| Ok(doc::attachment::set(doc, &attachment)?))?;
                (owner, bytes)
            }
        };
        *written.entry(owner).or_default() += bytes;
    }
    job.step("attach", total, total).map_err(CoreError::Api)
}

/// Begins another change of the document where one more record might not fit an envelope.
fn split_if_full(
    tx: &mut Tx<'_>,
    owner: DocumentId,
    written: &mut HashMap<DocumentId, usize>,
    bytes: usize,
) -> Result<(), CoreError> {
    // The first change may hold the page itself: records never share it.
    let so_far = written.entry(owner).or_insert(CHANGE_BYTES);
    if *so_far + bytes > CHANGE_BYTES {
        *so_far = 0;
        let seconds = i64::try_from(tx.now_ms() / 1000).unwrap_or(0);
        tx.with(owner, |doc| doc.commit_with(CommitOptions::default().with_time(seconds)))?;
    }
    Ok(())
}

fn open(tree: &dyn FileTree, file: &ImportAttachment) -> Result<Box<dyn std::io::Read>, CoreError> {
    tree.open(&file.path, groundplan_shared::model::ATTACHMENT_MAX_BYTES).map_err(refused)
}

fn refused(error: ImportError) -> CoreError {
    CoreError::Api(super::input::refused(error))
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn held(tx: &Tx<'_>, from: Option<SourceId>) -> Result<HashMap<String, Held>, CoreError> {
    let Some(from) = from else { return Ok(HashMap::new()) };
    // A living record comes after one that was taken away under the same key, and replaces it.
    let mut statement = tx.sql().prepare_cached(
        "SELECT source_key, document, id, hash, name, media_type, removed FROM attachment
         WHERE source = ?1 ORDER BY removed DESC, id",
    )?;
    let rows = statement.query_map([from.to_bytes()], |row| {
        let held = Held {
            owner: DocumentId::from_bytes(row.get(1)?),
            id: AttachmentId::from_bytes(row.get(2)?),
            hash: ContentHash(row.get(3)?),
            name: row.get(4)?,
            media_type: row.get(5)?,
            removed: row.get(6)?,
        };
        Ok((row.get::<_, String>(0)?, held))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Chooses pages for files.
struct Owners {
    /// The first page that links to a file, by the file's key.
    linking: HashMap<String, DocumentId>,
    /// The first page of each folder.
    folders: BTreeMap<String, DocumentId>,
    /// Every page of the import that lives, and how many more files it takes.
    room: Vec<(DocumentId, usize)>,
    place: HashMap<DocumentId, usize>,
}

impl Owners {
    fn of(tx: &Tx<'_>, set: &ImportSet, known: &KnownByKey, plan: &Plan) -> Result<Self, CoreError> {
        let mut owners = Self {
            linking: HashMap::new(),
            folders: BTreeMap::new(),
            room: Vec::new(),
            place: HashMap::new(),
        };
        let mut counted = tx.sql().prepare_cached(
            "SELECT count(*) FROM attachment WHERE document = ?1 AND row =
                (SELECT row FROM document WHERE id = ?1)",
        )?;
        for page in &set.pages {
            let deleted = matches!(known.get(&page.key), Some((_, Known::Deleted)));
            let Some(id) = plan.ids.get(&page.key).copied().filter(|_| !deleted) else { continue };
            let taken: i64 = counted.query_row([id.to_bytes()], |row| row.get(0))?;
            let taken = usize::try_from(taken).unwrap_or(0);
            owners.place.insert(id, owners.room.len());
            owners.room.push((id, ATTACHMENTS_PER_DOCUMENT.saturating_sub(taken)));
            let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            owners.folders.entry(folder.to_owned()).or_insert(id);
            for link in &page.links {
                if let Some(key) = link.resolved.as_ref().filter(|key| key.starts_with("file:")) {
                    owners.linking.entry(key.clone()).or_insert(id);
                }
            }
        }
        Ok(owners)
    }

    fn choose(&mut self, file: &ImportAttachment) -> Result<DocumentId, CoreError> {
        let wanted = self.linking.get(&file.key).copied().or_else(|| self.nearest(&file.path));
        let start = wanted.and_then(|id| self.place.get(&id).copied()).unwrap_or(0);
        let count = self.room.len();
        for step in 0..count {
            if let Some((id, room)) = self.room.get_mut((start + step) % count).filter(|(_, room)| *room > 0)
            {
                *room -= 1;
                return Ok(*id);
            }
        }
        Err(CoreError::Api(groundplan_shared::api::ApiError::new(
            groundplan_shared::api::ErrorCode::ImportRefused,
            format!(
                "{}: there are more files than the pages of this folder can hold ({ATTACHMENTS_PER_DOCUMENT} each). \
                 Nothing was imported.",
                file.path
            ),
            "Import a smaller folder, or leave files out that no page needs.",
        )))
    }

    fn nearest(&self, path: &str) -> Option<DocumentId> {
        let mut folder = path;
        while let Some((up, _)) = folder.rsplit_once('/') {
            if let Some(id) = self.folders.get(up) {
                return Some(*id);
            }
            folder = up;
        }
        self.folders.get("").copied()
    }
}
