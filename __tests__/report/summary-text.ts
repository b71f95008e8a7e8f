import type { Report } from '../../src/report/report.js';
import { renderSummary } from '../../src/report/summary/summary.js';

/** With ordinary spaces where numbers and units stay together. */
export const summarize = (report: Report) => renderSummary(report).replaceAll('\u00a0', ' ');
