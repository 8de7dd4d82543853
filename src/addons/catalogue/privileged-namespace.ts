/** Pods that reach into their machine need this where Pod Security is enforced. */
export const privilegedNamespace = {
  'pod-security.kubernetes.io/enforce': 'privileged',
  'pod-security.kubernetes.io/audit': 'privileged',
  'pod-security.kubernetes.io/warn': 'privileged',
} as const;
