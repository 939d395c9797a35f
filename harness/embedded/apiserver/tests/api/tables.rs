use serde_json::{Value, json};

use crate::fake::{cluster, pod, raw, set};

const TABLE: (&str, &str) = (
    "accept",
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
);

#[tokio::test(start_paused = true)]
async fn kubectl_gets_tables() {
    let cluster = cluster();
    cluster.store.create(&pod("a")).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(150)).await;
    let (code, table, _) =
        raw(&cluster, "GET", "/api/v1/namespaces/default/pods?limit=500", &[TABLE], &Value::Null).await;
    assert_eq!((code, table["kind"].as_str()), (200, Some("Table")));
    let names: Vec<_> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|column| column["priority"] == 0)
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Name", "Ready", "Status", "Restarts", "Age"]);
    let row = &table["rows"][0];
    assert_eq!(row["cells"].to_string(), r#"["a","1/1","Running","0","2m30s","<none>","n","<none>","<none>"]"#);
    assert_eq!(row["object"]["metadata"]["name"], "a");
    assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
}

#[tokio::test(start_paused = true)]
async fn every_kind_has_as_many_cells_as_columns() {
    let cluster = cluster();
    cluster.store.create(&pod("a")).unwrap();
    let path = "/apis/apps/v1/namespaces/default/statefulsets";
    assert_eq!(raw(&cluster, "POST", path, &[], &set()).await.0, 201);
    for path in ["/api/v1/pods", "/apis/apps/v1/statefulsets", "/api/v1/namespaces"] {
        let (_, table, _) = raw(&cluster, "GET", path, &[TABLE], &Value::Null).await;
        let columns = table["columnDefinitions"].as_array().unwrap().len();
        let rows = table["rows"].as_array().unwrap();
        assert!(!rows.is_empty());
        assert!(rows.iter().all(|row| row["cells"].as_array().unwrap().len() == columns), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_made_of_slices() {
    let cluster = cluster();
    let service = json!({"metadata": {"name": "taosd"}, "spec": {"selector": {"app": "x"}, "ports": [{"port": 6030}]}});
    assert_eq!(raw(&cluster, "POST", "/api/v1/namespaces/default/services", &[], &service).await.0, 201);
    let slice = json!({"metadata": {"name": "taosd-1", "labels": {"kubernetes.io/service-name": "taosd"}},
        "addressType": "IPv4", "ports": [{"port": 6030}],
        "endpoints": [{"addresses": ["10.244.0.5"], "conditions": {"ready": true}},
            {"addresses": ["10.244.0.6"], "conditions": {"ready": false}}]});
    let path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
    assert_eq!(raw(&cluster, "POST", path, &[], &slice).await.0, 201);
    let path = "/api/v1/namespaces/default/endpoints/taosd";
    let (_, made, _) = raw(&cluster, "GET", path, &[], &Value::Null).await;
    assert_eq!(made["subsets"][0]["addresses"][0]["ip"], "10.244.0.5");
    assert_eq!(made["subsets"][0]["notReadyAddresses"][0]["ip"], "10.244.0.6");
    let (_, table, _) = raw(&cluster, "GET", "/api/v1/endpoints", &[TABLE], &Value::Null).await;
    assert_eq!(table["rows"][0]["cells"].to_string(), r#"["taosd","10.244.0.5:6030","0s"]"#);
    assert_eq!(raw(&cluster, "DELETE", path, &[], &Value::Null).await.0, 405);
}
