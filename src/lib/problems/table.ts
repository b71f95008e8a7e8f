/**
 * Problems by code. `exit`: 1 failed, 2 usage or configuration, 3 superseded or refused by order.
 * Cause and fix are the general ones that `docs/errors/README.md` prints; a message has its own.
 */
export type ProblemTable = Record<string, { exit: 1 | 2 | 3; cause: string; fix: string }>;
