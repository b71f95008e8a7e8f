import type { Report } from '../../src/report/report.js';
import { renderSummary } from '../../src/report/summary/summary.js';

/** Renders a summary with plain spaces instead of non-breaking spaces. */
export const summarize = (report: Report) => renderSummary(report).replaceAll('\u00a0', ' ');
