import { requireAdmin } from '../auth/access.ts';
import { Answer, plainText } from '../http/answers.ts';
import { ApiError } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import type { World } from '../state/world.ts';

/** Settings of the region: `maas/`. */
export const settings: Resource = {
  name: 'Maas',
  get: { get_config: getConfig },
  post: { set_config: setConfig },
};

/**
 * All settings of MAAS 3.4 in its order, with what they are when nobody has set them. The lab itself only reads
 * node_timeout, default_distro_series and enable_disk_erasing_on_release.
 */
function defaults(world: World): Record<string, unknown> {
  const [osystem = '', series = ''] = (world.driver.images[0] ?? '').split('/');
  return {
    maas_name: 'lab',
    theme: '',
    kernel_opts: '',
    enable_http_proxy: true,
    maas_proxy_port: 8000,
    use_peer_proxy: false,
    prefer_v4_proxy: false,
    http_proxy: '',
    default_dns_ttl: 30,
    upstream_dns: '',
    dnssec_validation: 'auto',
    maas_internal_domain: 'maas-internal',
    dns_trusted_acl: '',
    ntp_servers: '',
    ntp_external_only: false,
    remote_syslog: '',
    maas_syslog_port: 5247,
    network_discovery: 'enabled',
    active_discovery_interval: 10_800,
    default_osystem: osystem,
    default_distro_series: series,
    default_min_hwe_kernel: '',
    default_storage_layout: 'flat',
    commissioning_distro_series: series,
    enable_third_party_drivers: true,
    windows_kms_host: '',
    enable_disk_erasing_on_release: false,
    disk_erase_with_secure_erase: true,
    disk_erase_with_quick_erase: false,
    ...moreDefaults,
  };
}

const moreDefaults = {
  boot_images_auto_import: true,
  boot_images_no_proxy: false,
  curtin_verbose: true,
  force_v1_network_yaml: false,
  enable_analytics: false,
  completed_intro: true,
  max_node_commissioning_results: 10,
  max_node_testing_results: 10,
  max_node_installation_results: 3,
  subnet_ip_exhaustion_threshold_count: 16,
  release_notifications: true,
  use_rack_proxy: true,
  node_timeout: 30,
  prometheus_enabled: false,
  prometheus_push_gateway: '',
  prometheus_push_interval: 60,
  promtail_enabled: false,
  promtail_port: 5238,
  enlist_commissioning: true,
  maas_auto_ipmi_user: 'maas',
  maas_auto_ipmi_user_privilege_level: 'ADMIN',
  maas_auto_ipmi_k_g_bmc_key: '',
  maas_auto_ipmi_cipher_suite_id: '3',
  maas_auto_ipmi_workaround_flags: '',
  vcenter_server: '',
  vcenter_username: '',
  vcenter_password: '',
  vcenter_datacenter: '',
  hardware_sync_interval: '15m',
  tls_cert_expiration_notification_enabled: false,
  tls_cert_expiration_notification_interval: 30,
  session_length: 1_209_600,
  auto_vlan_creation: true,
};

function nameOf(call: Call, name: string): string {
  const known = defaults(call.world);
  if (Object.hasOwn(known, name)) return name;
  const list = Object.keys(known).join(', ');
  throw new ApiError(
    400,
    JSON.stringify({ [name]: [`${name} is not a valid config setting (valid settings are: ${list}).`] }),
    { contentType: 'application/json' },
  );
}

function getConfig(call: Call): Answer {
  const name = nameOf(call, call.query.mandatory('name'));
  const set = call.world.config.get(name);
  const value = set ? set.value : defaults(call.world)[name];
  return new Answer(200, 'application/json', JSON.stringify(value));
}

function setConfig(call: Call): Answer {
  requireAdmin(call);
  const name = nameOf(call, call.form.mandatory('name'));
  const text = call.form.mandatory('value');
  const before = defaults(call.world)[name];
  call.world.config.put(name, { value: typedLike(before, call, text) });
  return plainText('OK');
}

function typedLike(before: unknown, call: Call, text: string): unknown {
  if (typeof before === 'boolean') return call.form.bool('value');
  if (typeof before !== 'number') return text;
  const number = Number(text);
  if (Number.isInteger(number)) return number;
  throw new ApiError(400, JSON.stringify({ value: ['Enter a whole number.'] }), {
    contentType: 'application/json; charset=utf-8',
  });
}
