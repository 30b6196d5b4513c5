"""Plans and sites through the real SDK, over TLS, on a running emulator."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from tests.localazure.emulator_fixture import (
    ACCOUNT,
    GROUP,
    PLAN,
    PLAN_ID,
    Running,
    mount,
    site_body,
)


@pytest.fixture
def web(emulator: Running) -> Any:
    return emulator.web


def create_plan(web: Any, name: str = "plan1", **changes: Any) -> None:
    web.app_service_plans.begin_create_or_update(GROUP, name, {**PLAN, **changes}, polling=False)


def create_site(web: Any, name: str = "site1", **config: Any) -> None:
    web.web_apps.begin_create_or_update(GROUP, name, site_body(PLAN_ID, **config), polling=False)


def app_service_error(error: HttpResponseError) -> dict[str, Any]:
    """The capitalised body; checks that all its parts agree."""
    assert error.response is not None
    body: dict[str, Any] = error.response.json()  # type: ignore[attr-defined] # of the requests transport
    entity = body["Details"][2]["ErrorEntity"]
    assert body["Code"] == body["Details"][1]["Code"] == entity["Code"]
    assert body["Message"] == entity["Message"] == entity["MessageTemplate"].format(*entity["Parameters"])
    return body


def test_a_plan_is_created_shown_and_deleted(web: Any) -> None:
    create_plan(web, tags={"team": "a"})
    plan = web.app_service_plans.get(GROUP, "plan1")
    assert (plan.kind, plan.location, plan.tags) == ("linux", "West Europe", {"team": "a"})
    assert (plan.sku.name, plan.sku.tier, plan.sku.capacity) == ("B1", "Basic", 1)
    assert (plan.properties.reserved, plan.properties.provisioning_state) == (True, "Succeeded")
    assert [p.name for p in web.app_service_plans.list_by_resource_group(GROUP)] == ["plan1"]
    web.app_service_plans.delete(GROUP, "plan1")
    web.app_service_plans.delete(GROUP, "plan1")  # 204 is no error
    with pytest.raises(ResourceNotFoundError):
        web.app_service_plans.get(GROUP, "plan1")


def test_creating_takes_time_and_the_pollers_wait_for_it(emulator: Running, web: Any) -> None:
    emulator.delay(0.4)
    poller = web.app_service_plans.begin_create_or_update(GROUP, "plan1", PLAN)
    assert web.app_service_plans.get(GROUP, "plan1").properties.provisioning_state == "InProgress"
    with pytest.raises(ResourceExistsError) as error:
        create_site(web)
    assert "another operation is in progress" in app_service_error(error.value)["Message"]
    assert poller.result().properties.provisioning_state == "Succeeded"

    poller = web.web_apps.begin_create_or_update(GROUP, "site1", site_body(PLAN_ID))
    assert web.web_apps.get(GROUP, "site1").in_progress_operation_id
    with pytest.raises(ResourceExistsError) as error:
        web.web_apps.stop(GROUP, "site1")
    assert "another operation is in progress" in app_service_error(error.value)["Message"]
    site = poller.result()
    assert (site.state, site.in_progress_operation_id) == ("Running", None)


def test_a_create_that_takes_time_is_answered_as_microsoft_web_does(emulator: Running) -> None:
    emulator.delay(30)
    status, headers, body = emulator.call("PUT", f"{PLAN_ID}?api-version=2025-05-01", PLAN, emulator.bearer())
    assert (status, body["properties"]["provisioningState"]) == (202, "InProgress")
    location, operation = (
        headers[name].removeprefix(emulator.url) for name in ("location", "azure-asyncoperation")
    )
    assert emulator.call("GET", location, headers=emulator.bearer())[0] == 202
    status, _, body = emulator.call("GET", operation, headers=emulator.bearer())
    assert (status, body["status"]) == (200, "InProgress")


def test_a_site_runs_until_it_is_stopped(emulator: Running, web: Any) -> None:
    create_plan(web)
    create_site(web, alwaysOn=True, appCommandLine="serve /x.yml")
    site = web.web_apps.get(GROUP, "site1")
    assert site.default_host_name == emulator.sites.reserve("site1")
    assert (site.state, site.reserved, site.kind) == ("Running", True, "app,linux,container")
    assert (site.server_farm_id, site.sku) == (PLAN_ID, "Basic")
    assert emulator.sites.running["site1"].app_command_line == "serve /x.yml"
    assert emulator.sites.running["site1"].always_on is True

    web.web_apps.stop(GROUP, "site1")
    assert web.web_apps.get(GROUP, "site1").state == "Stopped"
    assert emulator.sites.running == {}
    web.web_apps.start(GROUP, "site1")
    assert web.web_apps.get(GROUP, "site1").state == "Running"
    web.web_apps.restart(GROUP, "site1")
    assert emulator.sites.calls == [
        ("apply", "site1"),
        ("stop", "site1"),
        ("apply", "site1"),
        ("restart", "site1"),
    ]


def test_a_site_whose_registry_crashed_says_so_until_it_is_stopped(emulator: Running, web: Any) -> None:
    create_plan(web)
    create_site(web)
    emulator.sites.crashed.add("site1")
    site = web.web_apps.get(GROUP, "site1")
    assert (site.state, site.enabled, site.availability_state) == ("Crashed", True, "Limited")
    assert [listed.state for listed in web.web_apps.list_by_resource_group(GROUP)] == ["Crashed"]
    web.web_apps.stop(GROUP, "site1")
    assert web.web_apps.get(GROUP, "site1").state == "Stopped"
    emulator.sites.crashed.clear()
    web.web_apps.start(GROUP, "site1")
    site = web.web_apps.get(GROUP, "site1")
    assert (site.state, site.availability_state) == ("Running", "Normal")


def test_app_settings_are_written_and_only_a_list_reads_them(emulator: Running, web: Any) -> None:
    create_plan(web)
    create_site(web, appSettings=[{"name": "A", "value": "1"}])
    assert web.web_apps.get(GROUP, "site1").site_config.app_settings is None
    assert web.web_apps.get_configuration(GROUP, "site1").app_settings is None
    assert web.web_apps.list_application_settings(GROUP, "site1").properties == {"A": "1"}

    web.web_apps.update_application_settings(GROUP, "site1", {"properties": {"B": "2"}})
    assert web.web_apps.list_application_settings(GROUP, "site1").properties == {"B": "2"}
    assert dict(emulator.sites.running["site1"].app_settings) == {"B": "2"}

    create_site(web)  # a PUT without them leaves them alone
    assert web.web_apps.list_application_settings(GROUP, "site1").properties == {"B": "2"}
    assert emulator.sites.calls == [("apply", "site1"), ("apply", "site1")]


def test_a_site_get_shows_little_of_its_configuration_and_config_web_all(web: Any) -> None:
    create_plan(web)
    create_site(web, ftpsState="Disabled", healthCheckPath="/", minTlsVersion="1.3", alwaysOn=True)
    shown = web.web_apps.get(GROUP, "site1").site_config
    assert (shown.always_on, shown.linux_fx_version, shown.ftps_state) == (True, "DOCKER|registry:3", None)
    config = web.web_apps.get_configuration(GROUP, "site1")
    assert (config.ftps_state, config.health_check_path, config.min_tls_version) == ("Disabled", "/", "1.3")
    web.web_apps.update_configuration(GROUP, "site1", {"properties": {"healthCheckPath": "/v2/"}})
    config = web.web_apps.get_configuration(GROUP, "site1")
    assert (config.ftps_state, config.health_check_path) == ("Disabled", "/v2/")


def test_address_rules_end_with_the_default(web: Any) -> None:
    create_plan(web)
    create_site(web)
    rules = web.web_apps.get_configuration(GROUP, "site1").ip_security_restrictions
    assert [(rule.ip_address, rule.action) for rule in rules] == [("Any", "Allow")]
    office = {"ipAddress": "192.0.2.0/24", "action": "Allow", "priority": 100, "name": "office"}
    config = {"ipSecurityRestrictions": [office], "ipSecurityRestrictionsDefaultAction": "Deny"}
    web.web_apps.update_configuration(GROUP, "site1", {"properties": config})
    rules = web.web_apps.get_configuration(GROUP, "site1").ip_security_restrictions
    assert [(rule.ip_address, rule.action) for rule in rules] == [("192.0.2.0/24", "Allow"), ("Any", "Deny")]


def auth_share(emulator: Running, **changes: object) -> dict[str, Any]:
    """A mount of a share that is there."""
    storage = emulator.storage
    storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT, polling=False)
    storage.file_shares.create(GROUP, "images1", "auth", {"properties": {}})
    return mount(storage.storage_accounts.list_keys(GROUP, "images1").keys_property[0].value, **changes)


def test_a_mount_is_a_folder_of_the_site(emulator: Running, web: Any) -> None:
    create_plan(web)
    create_site(web)
    answer = web.web_apps.update_azure_storage_accounts(
        GROUP, "site1", {"properties": {"htpasswd": auth_share(emulator)}}
    )
    assert answer.properties["htpasswd"].state == "Ok"
    (mounted,) = emulator.sites.running["site1"].mounts
    assert (mounted.mount_path, mounted.account, mounted.share) == ("/auth", "images1", "auth")
    assert mounted.folder.is_dir()
    listed = web.web_apps.list_azure_storage_accounts(GROUP, "site1").properties["htpasswd"]
    assert listed.access_key
    assert emulator.sites.calls == [("apply", "site1"), ("apply", "site1")]


def test_mounts_that_azure_could_not_make_are_left_out(emulator: Running, web: Any) -> None:
    create_plan(web)
    create_site(web)
    mounts = {
        "wrong-key": auth_share(emulator, accessKey="d3Jvbmc="),
        "no-share": auth_share(emulator, shareName="nothing"),
        "good": auth_share(emulator),
    }
    answer = web.web_apps.update_azure_storage_accounts(GROUP, "site1", {"properties": mounts})
    states = {name: value.state for name, value in answer.properties.items()}
    assert states == {"wrong-key": "InvalidCredentials", "no-share": "InvalidShare", "good": "Ok"}
    assert len(emulator.sites.running["site1"].mounts) == 1


def test_a_new_key_breaks_the_mount(emulator: Running, web: Any) -> None:
    create_plan(web)
    create_site(web, azureStorageAccounts={"htpasswd": auth_share(emulator)})
    assert len(emulator.sites.running["site1"].mounts) == 1
    emulator.storage.storage_accounts.regenerate_key(GROUP, "images1", {"keyName": "key1"})
    assert len(emulator.sites.running["site1"].mounts) == 0


@pytest.mark.parametrize("path", ["/", "/home", "/tmp", "auth", ""])
def test_places_that_cannot_be_mounted_over(emulator: Running, web: Any, path: str) -> None:
    create_plan(web)
    with pytest.raises(HttpResponseError) as error:
        create_site(web, azureStorageAccounts={"x": auth_share(emulator, mountPath=path)})
    assert error.value.status_code == 400
    with pytest.raises(ResourceNotFoundError):
        web.web_apps.get(GROUP, "site1")  # nothing was written


def test_at_most_five_mounts(emulator: Running, web: Any) -> None:
    create_plan(web)
    create_site(web)
    one = auth_share(emulator)
    mounts = {f"m{n}": {**one, "mountPath": f"/m{n}"} for n in range(6)}
    with pytest.raises(HttpResponseError) as error:
        web.web_apps.update_azure_storage_accounts(GROUP, "site1", {"properties": mounts})
    assert error.value.status_code == 400


def test_the_plan_of_a_site_must_exist_and_stays_while_it_is_used(web: Any) -> None:
    with pytest.raises(ResourceNotFoundError) as missing:
        create_site(web)
    assert app_service_error(missing.value)["Message"] == "Cannot find ServerFarm with name plan1."
    create_plan(web)
    create_site(web)
    assert web.app_service_plans.get(GROUP, "plan1").properties.number_of_sites == 1
    with pytest.raises(ResourceExistsError) as used:
        web.app_service_plans.delete(GROUP, "plan1")
    body = app_service_error(used.value)
    assert body["Message"].endswith("cannot be deleted because it has web app(s) site1 assigned to it.")


def test_deleting_the_last_site_deletes_its_plan_unless_told_otherwise(emulator: Running, web: Any) -> None:
    create_plan(web)
    create_site(web, "site1")
    create_site(web, "site2")
    web.web_apps.delete(GROUP, "site1")
    assert [p.name for p in web.app_service_plans.list_by_resource_group(GROUP)] == ["plan1"]
    web.web_apps.delete(GROUP, "site2", delete_empty_server_farm=False)
    assert [p.name for p in web.app_service_plans.list_by_resource_group(GROUP)] == ["plan1"]
    create_site(web, "site3")
    web.web_apps.delete(GROUP, "site3")
    assert list(web.app_service_plans.list_by_resource_group(GROUP)) == []
    web.web_apps.delete(GROUP, "site3")  # 204 is no error
    assert emulator.sites.running == {}
    assert emulator.sites.calls[-1] == ("remove", "site3")


def test_site_names_are_unique_in_the_world(emulator: Running, web: Any) -> None:
    emulator.control("PUT", "/held-names", {"Microsoft.Web/sites": ["Somebody"]})
    create_plan(web)
    with pytest.raises(ResourceExistsError) as error:
        create_site(web, "SomeBody")
    body = app_service_error(error.value)
    assert (body["Code"], body["Details"][2]["ErrorEntity"]["ExtendedCode"]) == ("Conflict", "54001")
    assert body["Message"] == "Website with given name SomeBody already exists."
    create_site(web)
    with pytest.raises(ResourceExistsError):
        web.web_apps.begin_create_or_update("other-group", "site1", site_body(PLAN_ID))
    assert web.check_name_availability({"name": "site1", "type": "Site"}).name_available is False
    assert web.check_name_availability({"name": "site2", "type": "Site"}).name_available is True


def test_the_host_name_scope_is_chosen_at_creation_only(web: Any) -> None:
    create_plan(web)
    body = site_body(PLAN_ID)
    body["properties"]["autoGeneratedDomainNameLabelScope"] = "TenantReuse"
    web.web_apps.begin_create_or_update(GROUP, "site1", body)
    assert web.web_apps.get(GROUP, "site1").auto_generated_domain_name_label_scope == "TenantReuse"
    web.web_apps.begin_create_or_update(GROUP, "site1", body)  # the same again is fine
    body["properties"]["autoGeneratedDomainNameLabelScope"] = "NoReuse"
    with pytest.raises(HttpResponseError) as error:
        web.web_apps.begin_create_or_update(GROUP, "site1", body)
    assert error.value.status_code == 400


@pytest.mark.parametrize(
    ("plan", "config", "status"),
    [
        ({}, {"linuxFxVersion": "PYTHON|3.13"}, 400),
        ({}, {"linuxFxVersion": ""}, 400),
        ({"kind": "app", "properties": {"reserved": False}}, {}, 400),
        ({"sku": {"name": "F1"}}, {"alwaysOn": True}, 409),
        ({}, {"appSettings": [{"name": "A", "value": 1}]}, 400),
    ],
)
def test_sites_that_app_service_refuses(
    web: Any, plan: dict[str, Any], config: dict[str, Any], status: int
) -> None:
    create_plan(web, **plan)
    with pytest.raises(HttpResponseError) as error:
        create_site(web, **config)
    assert error.value.status_code == status
    app_service_error(error.value)
    assert list(web.web_apps.list_by_resource_group(GROUP)) == []


def test_a_site_config_that_is_none(web: Any) -> None:
    create_plan(web)
    body = site_body(PLAN_ID)
    body["properties"]["siteConfig"] = "DOCKER|registry:3"
    with pytest.raises(HttpResponseError) as error:
        web.web_apps.begin_create_or_update(GROUP, "site1", body)
    assert error.value.status_code == 400


def test_a_plan_size_that_does_not_exist(web: Any) -> None:
    with pytest.raises(HttpResponseError) as error:
        create_plan(web, sku={"name": "B9"})
    assert error.value.status_code == 400


def test_a_refused_change_changes_nothing(emulator: Running, web: Any) -> None:
    create_plan(web)
    create_site(web, appSettings=[{"name": "A", "value": "1"}])
    emulator.sites.calls.clear()
    with pytest.raises(HttpResponseError):
        create_site(web, appSettings=[{"name": "B", "value": "2"}], linuxFxVersion="PYTHON|3.13")
    assert web.web_apps.list_application_settings(GROUP, "site1").properties == {"A": "1"}
    assert emulator.sites.calls == []


def test_another_image_restarts_the_site(emulator: Running, web: Any) -> None:
    create_plan(web)
    create_site(web)
    web.web_apps.update(
        GROUP, "site1", {"properties": {"siteConfig": {"linuxFxVersion": "DOCKER|registry:3.1"}}}
    )
    assert emulator.sites.calls == [("apply", "site1"), ("restart", "site1")]


def test_publishing_with_a_password_can_be_switched_off(web: Any) -> None:
    create_plan(web)
    create_site(web)
    assert web.web_apps.get_ftp_allowed(GROUP, "site1").allow is True
    web.web_apps.update_ftp_allowed(GROUP, "site1", {"properties": {"allow": False}})
    web.web_apps.update_scm_allowed(GROUP, "site1", {"properties": {"allow": False}})
    assert web.web_apps.get_ftp_allowed(GROUP, "site1").allow is False
    assert web.web_apps.get_scm_allowed(GROUP, "site1").allow is False
    web.web_apps.delete(GROUP, "site1")
    create_plan(web)
    create_site(web)
    assert web.web_apps.get_ftp_allowed(GROUP, "site1").allow is True


def test_calls_about_a_missing_site_say_so(web: Any) -> None:
    for call in (
        web.web_apps.get,
        web.web_apps.stop,
        web.web_apps.start,
        web.web_apps.list_application_settings,
    ):
        with pytest.raises(ResourceNotFoundError) as error:
            call(GROUP, "site1")
        assert error.value.error is not None
        assert error.value.error.code == "ResourceNotFound"


def test_sites_come_in_pages(emulator: Running, web: Any) -> None:
    create_plan(web)
    names = [f"site{n}" for n in range(5)]
    for name in names:
        create_site(web, name)
    emulator.control("PUT", "/paging", {"pageSize": 2})
    pages = list(web.web_apps.list_by_resource_group(GROUP).by_page())
    assert [[site.name for site in page] for page in pages] == [names[:2], names[2:4], names[4:]]


def test_fifty_changes_at_once_lose_nothing(emulator: Running, web: Any) -> None:
    create_plan(web)
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: create_site(web, f"site{n}"), range(50)))
    assert len(list(web.web_apps.list_by_resource_group(GROUP))) == 50
    assert len(emulator.sites.running) == 50
    assert time.monotonic() - started < 30
