//! The bytes of attachments: objects in a folder or in an S3-compatible bucket. Rows that name, count and bound them are
//! the store's; an object is named by its workspace and a random id, which is new with every writing.
//!
//! A folder is written with `fsync`, so that what is acknowledged survives a power cut.

use std::sync::Arc;

use groundplan_shared::{crypto::sha256, wire::ids::to_hex};
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutPayload, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
};

use crate::{
    app::App,
    config::Config,
    server::StartError,
    store::{BlobKey, BlobRow, ObjectId, StoreError},
};
use groundplan_shared::wire::WorkspaceId;

/// Where objects lie.
#[derive(Debug, Clone)]
pub struct Blobs {
    objects: Arc<dyn ObjectStore>,
    prefix: Option<String>,
}

impl Blobs {
    /// Opens the folder or bucket that the settings name. A bucket is not asked whether it is there.
    ///
    /// # Errors
    /// What keeps the folder from being used, or what is wrong with the bucket's settings.
    pub fn open(config: &Config) -> Result<Self, StartError> {
        let settings = &config.blobs;
        let refused = |source: object_store::Error| StartError::Blobs(Box::new(source));
        let Some(bucket) = &settings.s3_bucket else {
            let folder = settings.folder.clone().unwrap_or_else(|| config.data_dir.join("blobs"));
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(&folder).map_err(|source| StartError::DataDir { path: folder.clone(), source })?;
            let objects = LocalFileSystem::new_with_prefix(&folder).map_err(refused)?.with_fsync(true);
            return Ok(Self { objects: Arc::new(objects), prefix: None });
        };
        // One cryptographic provider for every connection; an error says that it is there already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_allow_http(settings.s3_allow_http)
            // Objects go one by one, and not every service that speaks S3 deletes several at once.
            .with_disable_bulk_delete(true);
        if let Some(region) = &settings.s3_region {
            builder = builder.with_region(region);
        }
        if let Some(endpoint) = &settings.s3_endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let (Some(id), Some(secret)) = (&settings.s3_access_key_id, &settings.s3_secret_access_key) {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret.reveal());
        }
        let objects = builder.build().map_err(refused)?;
        Ok(Self { objects: Arc::new(objects), prefix: settings.s3_prefix.clone() })
    }

    fn path(&self, workspace: WorkspaceId, object: &ObjectId) -> Path {
        let name = to_hex(object);
        // Folders of a few thousand files each, whatever the workspace holds.
        let shelf: String = name.chars().take(2).collect();
        let parts = self.prefix.iter().cloned().chain([workspace.to_string(), shelf, name]);
        Path::from_iter(parts)
    }

    /// Writes an object; it is durable when this returns.
    ///
    /// # Errors
    /// `Full` or `Unavailable`.
    pub async fn write(
        &self,
        workspace: WorkspaceId,
        object: &ObjectId,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError> {
        let path = self.path(workspace, object);
        self.objects.put(&path, PutPayload::from(bytes)).await.map(drop).map_err(failure)
    }

    /// Reads an object; `None` if it is gone or is not what was written.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn read(&self, workspace: WorkspaceId, row: &BlobRow) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(workspace, &row.object);
        let found = match self.objects.get(&path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failure(error)),
        };
        if found.meta.size != row.size {
            return Ok(None);
        }
        let bytes = found.bytes().await.map_err(failure)?;
        Ok((sha256(&[&bytes]) == row.sha256).then(|| bytes.to_vec()))
    }

    /// Deletes an object, if it is there.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn delete(&self, workspace: WorkspaceId, object: &ObjectId) -> Result<(), StoreError> {
        match self.objects.delete(&self.path(workspace, object)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }
}

/// Sorts an error of the object store into the store's words.
fn failure(error: object_store::Error) -> StoreError {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>()
            && matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
        {
            return StoreError::Full(Box::new(error));
        }
        cause = inner.source();
    }
    StoreError::Unavailable(Box::new(error))
}

/// Time after which a blob that was never finished is given up, in milliseconds.
const UNFINISHED_MS: i64 = 60 * 60 * 1000;
/// Blobs deleted in one go.
const SWEPT: usize = 256;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Deletes blobs that were declared unused long ago, and what never became whole. Returns how many went.
///
/// # Errors
/// Those of the store.
pub(crate) async fn sweep(app: &App) -> Result<u64, StoreError> {
    let now = app.clock.now_ms();
    let unused = now - i64::from(app.config.limits.blob_unused_days) * DAY_MS;
    let unfinished = now - UNFINISHED_MS;
    let mut gone = 0;
    loop {
        let stale = app.store.stale_blobs(unused, unfinished, SWEPT).await?;
        let full = stale.len() == SWEPT;
        for key in stale {
            let BlobKey { workspace, object, .. } = key;
            // The row first, if it is still stale: an object without a row is only rubbish, a row without one a loss.
            if app.store.drop_blob(key, unused, unfinished).await? {
                app.blobs.delete(workspace, &object).await?;
                gone += 1;
            }
        }
        if !full {
            return Ok(gone);
        }
    }
}
