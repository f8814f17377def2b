/** report.html: one self-contained page of the report. */
import type { Report } from "../schema.ts";

export const renderHtml = (report: Report): string => `<!doctype html><title>${report.verdict}</title>`;
