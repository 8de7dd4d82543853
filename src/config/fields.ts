import * as z from 'zod';
import {
  formatKubernetesVersion,
  parseKubernetesVersion,
  supportedMinors,
} from '../cluster/kubernetes-version.ts';
import { isIpAddress, parseIpv4Subnet } from './addresses.ts';

/** Kinds of values in cluster.yaml. Their messages continue "name of the setting: …". */

const dnsLabel = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

/** `rack-1`: a name that is safe in DNS, in file names and as a kubeconfig context. */
export const labelField = z
  .string()
  .regex(new RegExp(`^${dnsLabel}$`), 'must be a DNS label: small letters, digits and -, at most 63 of them');

/** `cluster.local` */
export const domainField = z
  .string()
  .max(253)
  .regex(new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`), 'must be a DNS domain in small letters');

/** The host name of a machine in MAAS, without its domain. */
export const machineNameField = z
  .string()
  .regex(new RegExp(`^${dnsLabel}$`, 'i'), 'must be the name of a machine in MAAS, without its domain');

/** A MAAS tag: https://github.com/canonical/maas/blob/3.7/src/maasserver/models/tag.py */
export const tagField = z
  .string()
  .max(256)
  .regex(/^[A-Za-z0-9_-]+$/, 'must be a MAAS tag: letters, digits, _ and -');

/** The name of a MAAS pool or zone. */
export const placeField = z
  .string()
  .max(256)
  .regex(/^[A-Za-z0-9][A-Za-z0-9 _.-]*$/, 'must be a name as MAAS shows it');

/** `ubuntu/jammy`, `debian/bookworm`, `custom/golden`, or only the second half. */
export const imageField = z
  .string()
  .max(128)
  .regex(
    /^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?$/,
    'must be an image of MAAS such as ubuntu/jammy (coldstart init lists them)',
  );

export const urlField = z.string().superRefine((text, ctx) => {
  const problem = urlProblem(text);
  if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
});

/** A URL of `http:` or `https:`, or the path of a file. */
export const urlOrPathField = z.string().superRefine((text, ctx) => {
  const problem = /^[a-z]+:\/\//i.test(text) ? urlProblem(text) : pathProblem(text);
  if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
});

export const pathField = z.string().superRefine((text, ctx) => {
  const problem = pathProblem(text);
  if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
});

export const subnetField = z.string().superRefine((text, ctx) => {
  const subnet = parseIpv4Subnet(text);
  if (typeof subnet === 'string') ctx.addIssue({ code: 'custom', message: subnet });
});

export const ipField = z
  .string()
  .refine(isIpAddress, { message: 'must be an IP address such as 192.168.1.1' });

/** A DNS name or an IP address. */
export const hostField = z.string().refine(isHost, { message: 'must be a host name or an IP address' });

/** `api.example.org`, `10.0.0.5` or either with `:6443`; always with the port in the result. */
export const endpointField = z
  .string()
  .refine(isEndpoint, { message: 'must be a host name or an IPv4 address, with or without :port' })
  .transform(text => (text.includes(':') ? text : `${text}:6443`));

/** `1.36`, `1.36.2`, with or without a leading v; without it in the result. */
export const kubernetesVersionField = z
  .string()
  .superRefine((text, ctx) => {
    const problem = kubernetesVersionProblem(text);
    if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
  })
  .transform(text => {
    const version = parseKubernetesVersion(text);
    return version === undefined ? text : formatKubernetesVersion(version);
  });

/** One line of an authorized_keys file, without options. */
export const publicKeyField = z
  .string()
  .regex(
    /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]{40,}={0,3}(?: [^\r\n]*)?$/,
    'must be one line of an SSH public key file, such as ssh-ed25519 AAAA… name',
  );

/** `registry.k8s.io`, `registry.example.org:5000` */
export const registryField = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/,
    'must be the host of a registry, such as docker.io',
  );

/** `registry.example.org/kubernetes` */
export const imageRepositoryField = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[a-z0-9._-]+)*$/,
    'must be a registry with a path, without https:// and without a tag',
  );

/** `docker.io/library/busybox:1.35`, with a tag or a digest. */
export const imageReferenceField = z
  .string()
  .max(512)
  .regex(
    /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[a-z0-9._-]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
    'must be an image with its tag, such as docker.io/library/busybox:1.35',
  );

function urlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && /^https?:$/.test(url.protocol) && !/\s/.test(text);
  if (!plain) return 'must be a URL that begins with http:// or https://';
  if (url.username !== '' || url.password !== '') return 'must not carry a user or a password';
  return undefined;
}

function pathProblem(text: string): string | undefined {
  // eslint-disable-next-line no-control-regex
  return text.trim() === '' || /[\u0000-\u001f]/.test(text) ? 'must be the path of a file' : undefined;
}

function isHost(text: string): boolean {
  if (isIpAddress(text)) return true;
  const allDigits = /^[\d.]+$/.test(text);
  return !allDigits && text.length <= 253 && new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`, 'i').test(text);
}

function isEndpoint(text: string): boolean {
  const match = /^([^:]+)(?::(\d{1,5}))?$/.exec(text);
  if (match?.[1] === undefined || !isHost(match[1])) return false;
  const port = Number(match[2] ?? 6443);
  return port > 0 && port < 65_536;
}

function kubernetesVersionProblem(text: string): string | undefined {
  const version = parseKubernetesVersion(text);
  const { oldest, newest } = supportedMinors;
  if (version === undefined) return `must be a version such as 1.${newest - 1} or 1.${newest - 1}.2`;
  if (text.includes('-')) return `${text} is a pre-release: package repositories do not have it`;
  if (version.minor < oldest) return `${text} is too old: coldstart installs 1.${oldest} to 1.${newest}`;
  if (version.minor > newest) {
    return `coldstart does not know ${text} yet: it installs 1.${oldest} to 1.${newest}; look for a newer coldstart`;
  }
  return undefined;
}
