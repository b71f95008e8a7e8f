import type { Container, PodSpec } from 'kubernetes-types/core/v1.js';
import type { KubeObject } from '../objects.js';

type Level = 'baseline' | 'restricted';
type Pod = KubeObject & { spec: PodSpec };

/**
 * What a Pod Security Standard forbids in a pod, in the API's words: but for ports, `procMount`, and AppArmor.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function podSecurityViolations(pod: Pod, level: Level): string[] {
  const rules = level === 'baseline' ? BASELINE : [...BASELINE, ...RESTRICTED];
  return rules.flatMap((rule) => rule(pod));
}

type Rule = (pod: Pod) => string[];

const BASELINE_CAPABILITIES = new Set([
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD'],
  ...['NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
]);

const containersOf = ({ spec }: Pod): Container[] => [...(spec.initContainers ?? []), ...spec.containers];

/** `container "a"` · `containers "a", "b"` */
function named(containers: readonly Container[]): string {
  const names = containers.map(({ name }) => `"${name}"`).join(', ');
  return `container${containers.length === 1 ? '' : 's'} ${names}`;
}

/** One sentence about all containers that do it. */
function containerRule(title: string, offends: (container: Container, pod: Pod) => boolean, must: string): Rule {
  return (pod) => {
    const offenders = containersOf(pod).filter((container) => offends(container, pod));
    return offenders.length === 0 ? [] : [`${title} (${named(offenders)} ${must})`];
  };
}

const BASELINE: readonly Rule[] = [
  ({ spec }) => {
    const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field]);
    return used.length === 0 ? [] : [`host namespaces (${used.map((field) => `${field}=true`).join(', ')})`];
  },
  containerRule(
    'privileged',
    ({ securityContext }) => securityContext?.privileged === true,
    'must not set securityContext.privileged=true',
  ),
  (pod) => {
    const added = (container: Container) =>
      (container.securityContext?.capabilities?.add ?? []).filter((name) => !BASELINE_CAPABILITIES.has(name));
    const offenders = containersOf(pod).filter((container) => added(container).length > 0);
    if (offenders.length === 0) return [];
    const names = [...new Set(offenders.flatMap(added))]
      .sort()
      .map((name) => `"${name}"`)
      .join(', ');
    return [
      `non-default capabilities (${named(offenders)} must not include ${names} in securityContext.capabilities.add)`,
    ];
  },
  ({ spec }) => {
    const volumes = (spec.volumes ?? []).filter(({ hostPath }) => hostPath);
    const names = volumes.map(({ name }) => `"${name}"`).join(', ');
    return volumes.length === 0 ? [] : [`hostPath volumes (volume${volumes.length === 1 ? '' : 's'} ${names})`];
  },
  seccompRule,
];

/** A container that says nothing has what the pod says. */
function seccompRule(pod: Pod): string[] {
  const offending = containersOf(pod).filter(
    ({ securityContext }) => securityContext?.seccompProfile?.type === 'Unconfined',
  );
  const whole = pod.spec.securityContext?.seccompProfile?.type === 'Unconfined';
  const who = [...(whole ? ['pod'] : []), ...(offending.length > 0 ? [named(offending)] : [])];
  if (who.length === 0) return [];
  return [`seccompProfile (${who.join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined")`];
}

const RESTRICTED: readonly Rule[] = [
  containerRule(
    'allowPrivilegeEscalation != false',
    ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
    'must set securityContext.allowPrivilegeEscalation=false',
  ),
  containerRule(
    'unrestricted capabilities',
    ({ securityContext }) =>
      !securityContext?.capabilities?.drop?.includes('ALL') ||
      (securityContext.capabilities.add ?? []).some((name) => name !== 'NET_BIND_SERVICE'),
    'must set securityContext.capabilities.drop=["ALL"]',
  ),
  containerRule(
    'runAsNonRoot != true',
    ({ securityContext }, { spec }) => (securityContext?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot) !== true,
    'must set securityContext.runAsNonRoot=true',
  ),
  containerRule(
    'seccompProfile',
    ({ securityContext }, { spec }) =>
      !['RuntimeDefault', 'Localhost'].includes(
        (securityContext?.seccompProfile ?? spec.securityContext?.seccompProfile)?.type ?? '',
      ),
    'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
  ),
];
