//! The official client: azure_identity's `ManagedIdentityCredential` and `WorkloadIdentityCredential`. It has no
//! DefaultAzureCredential.

use crate::{Case, Failure, Selector};
use azure_core::credentials::TokenCredential;
use azure_identity::{
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential,
};
use std::{error::Error, sync::Arc};

const LOCK_FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));

/// What the client gave for one call.
pub struct Granted {
    pub token: String,
    pub expires_on: i64,
}

/// Makes the client once and calls it as often as the case says, up to the first failure.
pub async fn call_all(case: &Case, calls: &mut u32) -> Result<Granted, Failure> {
    let credential = credential_of(case)?;
    let scope = format!("{}/.default", case.resource);
    loop {
        *calls += 1;
        let token = credential
            .get_token(&[&scope], None)
            .await
            .map_err(refused)?;
        if *calls >= case.calls {
            return Ok(Granted {
                token: token.token.secret().to_string(),
                expires_on: token.expires_on.unix_timestamp(),
            });
        }
    }
}

fn credential_of(case: &Case) -> Result<Arc<dyn TokenCredential>, Failure> {
    match case.credential.as_str() {
        "managed-identity" => managed_identity(case.selector.as_ref()),
        "workload-identity" => Ok(WorkloadIdentityCredential::new(None).map_err(refused)?),
        name => Err(Failure::Unsupported(format!(
            "azure_identity has no credential {name}"
        ))),
    }
}

fn managed_identity(selector: Option<&Selector>) -> Result<Arc<dyn TokenCredential>, Failure> {
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: selector.map(user_assigned_id).transpose()?,
        ..Default::default()
    };
    Ok(ManagedIdentityCredential::new(Some(options)).map_err(refused)?)
}

/// The version of azure_identity that this program was built with.
pub fn version() -> &'static str {
    LOCK_FILE
        .split("\n\n")
        .find(|package| package.contains("name = \"azure_identity\"\n"))
        .and_then(|package| package.split("version = \"").nth(1))
        .and_then(|rest| rest.split('"').next())
        .expect("the lock file names it")
}

fn user_assigned_id(Selector { by, value }: &Selector) -> Result<UserAssignedId, Failure> {
    match by.as_str() {
        "client_id" => Ok(UserAssignedId::ClientId(value.clone())),
        "object_id" => Ok(UserAssignedId::ObjectId(value.clone())),
        "resource_id" => Ok(UserAssignedId::ResourceId(value.clone())),
        _ => Err(Failure::Unsupported(format!(
            "azure_identity has no selector {by}"
        ))),
    }
}

/// An error with all its causes, of which the client prints the first alone.
fn refused(error: azure_core::Error) -> Failure {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    Failure::Refused(text)
}
