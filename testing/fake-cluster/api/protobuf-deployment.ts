import {
  flag,
  inline,
  map,
  message,
  messages,
  METADATA,
  number,
  quantities,
  text,
  texts,
  type Fields,
} from './protobuf-fields.js';

const SECCOMP = message('seccompProfile', { 1: text('type'), 2: text('localhostProfile') });

const CONTAINER: Fields = {
  1: text('name'),
  2: text('image'),
  3: texts('command'),
  4: texts('args'),
  5: text('workingDir'),
  7: messages('env', { 1: text('name'), 2: text('value') }),
  8: message('resources', { 1: quantities('limits'), 2: quantities('requests') }),
  9: messages('volumeMounts', {
    1: text('name'),
    2: flag('readOnly'),
    3: text('mountPath'),
    4: text('subPath'),
  }),
  11: message('readinessProbe', {
    1: inline({ 1: message('exec', { 1: texts('command') }) }),
    2: number('initialDelaySeconds'),
    3: number('timeoutSeconds'),
    4: number('periodSeconds'),
    5: number('successThreshold'),
    6: number('failureThreshold'),
  }),
  14: text('imagePullPolicy'),
  15: message('securityContext', {
    1: message('capabilities', { 1: texts('add'), 2: texts('drop') }),
    2: flag('privileged'),
    4: number('runAsUser'),
    5: flag('runAsNonRoot'),
    6: flag('readOnlyRootFilesystem'),
    7: flag('allowPrivilegeEscalation'),
    8: number('runAsGroup'),
    11: SECCOMP,
    12: message('appArmorProfile', { 1: text('type') }),
  }),
};

const POD: Fields = {
  1: messages('volumes', {
    1: text('name'),
    2: inline({
      2: message('emptyDir', { 1: text('medium') }),
      6: message('secret', { 1: text('secretName') }),
      19: message('configMap', { 1: inline({ 1: text('name') }) }),
    }),
  }),
  2: messages('containers', CONTAINER),
  3: text('restartPolicy'),
  7: map('nodeSelector'),
  8: text('serviceAccountName'),
  9: text('serviceAccount'),
  14: message('securityContext', { 2: number('runAsUser'), 5: number('fsGroup'), 10: SECCOMP }),
  19: text('schedulerName'),
  20: messages('initContainers', CONTAINER),
  22: messages('tolerations', {
    1: text('key'),
    2: text('operator'),
    3: text('value'),
    4: text('effect'),
    5: number('tolerationSeconds'),
  }),
};

/** Of what buildx's kubernetes driver makes: https://github.com/kubernetes/api/blob/master/apps/v1/generated.proto */
export const DEPLOYMENT: Fields = {
  1: METADATA,
  2: message('spec', {
    1: number('replicas'),
    2: message('selector', { 1: map('matchLabels') }),
    3: message('template', { 1: METADATA, 2: message('spec', POD) }),
  }),
};
