import * as z from 'zod';
import { labelField, urlField } from '../config/fields.ts';

/** How a person logs in: with a token that is made on request, or with what a Secret of the cluster holds. */
export type Login =
  | { kind: 'token'; serviceAccount: string }
  | { kind: 'secret'; secret: string; passwordKey: string; user?: string; userKey?: string };

/** A page that an add-on brings, and that a person opens in a browser. */
export interface Dashboard {
  /** What `coldstart open` calls it: a DNS label. */
  name: string;
  /** `Grafana` */
  title: string;
  /** The Service behind it, in the add-on's namespace. */
  service: string;
  port: number;
  /** Where the way in leads to it. Without it the Service is looked at, or its port is forwarded. */
  url?: string;
  /** None for a page that asks nobody. */
  login?: Login;
}

const secretKey = z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/, 'must be a key of a Secret');
/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const objectName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be the name of an object');

const loginField = z
  .strictObject({
    serviceAccount: objectName.optional().describe('A token of this ServiceAccount is made on request.'),
    secret: objectName.optional().describe('The Secret that holds the password.'),
    passwordKey: secretKey.default('password').describe('Key of the password in the Secret.'),
    user: z.string().min(1).optional().describe('Name to log in with.'),
    userKey: secretKey.optional().describe('Key of that name in the Secret, instead of user.'),
  })
  .superRefine(({ serviceAccount, secret, user, userKey }, ctx) => {
    const refuse = (message: string) => ctx.addIssue({ code: 'custom', message });
    if ((serviceAccount === undefined) === (secret === undefined))
      refuse('needs either serviceAccount or secret');
    if (user !== undefined && userKey !== undefined) refuse('takes either user or userKey');
    if (serviceAccount !== undefined && (user ?? userKey) !== undefined) refuse('has no user beside a token');
  })
  .transform(({ serviceAccount, secret = '', passwordKey, user, userKey }): Login => {
    if (serviceAccount !== undefined) return { kind: 'token', serviceAccount };
    return {
      kind: 'secret',
      secret,
      passwordKey,
      ...(user === undefined ? {} : { user }),
      ...(userKey === undefined ? {} : { userKey }),
    };
  });

/** The same for an add-on of the user's own. */
export const dashboardField = z.strictObject({
  name: labelField.optional().describe("What coldstart open calls it. Without it, the add-on's name."),
  service: objectName.describe('The Service behind it.'),
  port: z.int().min(1).max(65_535).default(80).describe('Port of the Service.'),
  url: urlField
    .optional()
    .describe('Where it is reached. Without it, an address of the Service, or a port-forward.'),
  login: loginField.optional().describe('How to log in.'),
});

export type DashboardSettings = z.output<typeof dashboardField>;

/** A dashboard of the user's own add-on. */
export function ownDashboard(addon: string, settings: DashboardSettings): Dashboard {
  const { name = addon, service, port, url, login } = settings;
  return {
    name,
    title: name,
    service,
    port,
    ...(url === undefined ? {} : { url }),
    ...(login === undefined ? {} : { login }),
  };
}
