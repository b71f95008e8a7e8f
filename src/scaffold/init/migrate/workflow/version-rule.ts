import { parseTagRule } from '../../../../plan/tag-rules.js';
import type { Build, Metadata } from '../build.js';
import { naturalEvents } from '../event-rules.js';
import { readMetadataRule } from '../metadata-rules.js';

/**
 * For the output `version`, which is the tag of the highest priority alone:
 * https://github.com/docker/metadata-action#priority-attribute
 */
export function versionOf(metadata: Metadata, event: Build['event']): Metadata {
  const given = metadata.rules.filter((text) => {
    const read = readMetadataRule(text);
    return read.status === 'rule' ? naturalEvents(read.rule).includes(event) : read.status !== 'off';
  });
  const [first] = given.toSorted((a, b) => priorityOf(b) - priorityOf(a));
  return {
    ...metadata,
    rules: first === undefined ? [] : [first],
    flavor: [...metadata.flavor.filter((item) => !item.startsWith('latest=')), 'latest=false'],
  };
}

function priorityOf(text: string): number {
  const read = readMetadataRule(text);
  const parsed = parseTagRule(read.status === 'rule' ? read.rule : text.replace(/\$\{\{.*?\}\}/gs, 'x'));
  return parsed.status === 'broken' ? 0 : parsed.rule.priority;
}
