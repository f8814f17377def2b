import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { contentSecurityPolicy, scriptHash, styleHash } from "../../../../src/report/html/csp.ts";
import { renderHtml } from "../../../../src/report/html/page.ts";
import { script } from "../../../../src/report/html/script.ts";
import { style } from "../../../../src/report/html/style.ts";
import { hostileReport } from "../../../fakes/hostile-report.ts";
import {
  passReport,
  sampleFix,
  sampleLayer,
  sampleModel,
  sampleReport,
  sampleSearch,
  undecidedModel,
  undecidedReport,
} from "../../../fakes/report.ts";

const sha256 = (text: string) => `sha256-${createHash("sha256").update(text).digest("base64")}`;
const elements = (page: string, name: string) => page.match(new RegExp(`<${name}[ >]`, "g"))?.length ?? 0;

describe("HTML page", () => {
  it("allows its own style and script by hash and nothing else", () => {
    expect({ styleHash, scriptHash }).toEqual({ styleHash: sha256(style), scriptHash: sha256(script) });
    expect(renderHtml(sampleReport())).toContain(`<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">`);
  });

  it.each([
    ["regression", sampleReport()],
    ["pass", passReport()],
    ["undecided", undecidedReport()],
    ["empty", passReport({ models: [] })],
  ])("refers to nothing outside itself: %s", (_, report) => {
    const page = renderHtml(report);
    expect(page).not.toMatch(/\s(src|href|action|srcset|poster)="(?!#)/);
    expect(page).not.toMatch(/<(img|link|iframe|object|embed|form|base)\b/);
    expect(page).not.toMatch(/\s(on\w+|style)="/);
    expect(page).not.toMatch(/@import|url\(/);
  });

  it("has exactly its two scripts for a hostile report, and data that cannot end its element", () => {
    const page = renderHtml(hostileReport(300));
    expect(elements(page, "script")).toBe(2);
    expect(elements(page, "style")).toBe(1);
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? "";
    expect(data).not.toContain("<");
    expect(JSON.parse(data).models[0].points.length).toBe(300);
    expect(page).not.toMatch(/<(img|!--)/);
    expect(page).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u001b]/);
  });

  it("writes the figures of advice with three digits, and their names as words", () => {
    const evidence = { tensor: "h4", seenAmax: 15.209948539733887, beyond: 42 };
    const advice = [{ rule: "out-of-range", text: "Add samples.", evidence }];
    expect(renderHtml(sampleReport({ models: [sampleModel({ advice })] }))).toContain("tensor h4, seen amax 15.2, beyond 42<");
    // What the sentence says is not said again beside it; a part of another number or name is no word.
    const said = [
      { rule: "out-of-range", text: '15.25 of "h4.out", 42 of 50 beyond: "x".', evidence: { ...evidence, worst: "x", ratio: 15.25 } },
    ];
    expect(renderHtml(sampleReport({ models: [sampleModel({ advice: said })] }))).toContain("tensor h4, seen amax 15.2, ratio 15.3<");
  });

  it("tells the proof of the kept units once, though the check of the fix says it again", () => {
    const message = "Not proved: the limit is missed on 4 samples.";
    const search = sampleSearch({
      message: `Keeping 2 of 30 units meets the limits. ${message}`,
      proof: { state: "missed", samples: 4, message },
    });
    const { fix } = sampleModel();
    const verified = fix?.verified && { ...fix.verified, message: `${message} (Simulated.)` };
    const page = renderHtml(sampleReport({ models: [sampleModel({ search, fix: fix && { ...fix, verified: verified ?? null } })] }));
    expect(page.split(message)).toHaveLength(2);
    expect(page).toContain("<p>(Simulated.)");
  });

  it("lists the worst 210 of 5,000 failing layers and counts the rest", () => {
    const layers = Array.from({ length: 5000 }, (_, i) =>
      sampleLayer(i, { tensor: `t${i}`, node: `n${i}`, level: "fail", injected: { sqnrDb: 5 + i / 100 } }),
    );
    const page = renderHtml(sampleReport({ models: [sampleModel({ layers, worst: [] })] }));
    expect(page).toContain("Show all 210</button>");
    expect(page).toContain("…and 4790 more layers in report.json.");
    expect(page.indexOf("<code>n0</code>")).toBeLessThan(page.indexOf("<code>n9</code>"));
    expect(page.length).toBeLessThan(1_000_000);
  });

  it("puts layers that were never measured alone below those that were, however bad they look", () => {
    const layers = [
      sampleLayer(1, { tensor: "after", node: "after", metrics: { sqnrDb: 2 }, injected: undefined }),
      sampleLayer(0, { tensor: "guilty", node: "guilty", metrics: { sqnrDb: 9 }, injected: { sqnrDb: 30 } }),
    ];
    const page = renderHtml(sampleReport({ models: [sampleModel({ layers, worst: [], outputs: [] })] }));
    expect(page.indexOf("<code>guilty</code>")).toBeLessThan(page.indexOf("<code>after</code>"));
  });

  it("keeps the charts readable beside boundless figures", () => {
    const layers = [sampleLayer(0, { metrics: { sqnrDb: 1e300 }, injected: { sqnrDb: 1e300 } }), sampleLayer(1)];
    const page = renderHtml(sampleReport({ models: [sampleModel({ layers })] }));
    expect(page).not.toMatch(/\d{20}|e\+?2\d\d</);
  });

  it("draws each limit and names the layers that add most error", () => {
    const page = renderHtml(sampleReport());
    expect(page).toContain("limit 20 dB");
    expect(page).toContain("warn 25 dB");
    expect(page).toMatch(
      /aria-label="Error along the network: SQNR in dB at 54 layers\. \d+ of them lie below the limit of 20 dB\. The layer that adds most error is p2o\.Conv\.7: injected 21\.2 dB/,
    );
  });

  it("leaves out what a failed model does not have", () => {
    const page = renderHtml(undecidedReport());
    expect(page).not.toContain("Error along the network</h3>");
    expect(page).not.toContain("<h3>Search</h3>");
    expect(page).toContain("Internal Error (Assertion dt1");
  });

  it("leads from the overview to each of several models, most urgent first", () => {
    const page = renderHtml(sampleReport({ models: [undecidedModel(), sampleModel()] }));
    expect(page).toContain('<a href="#model-0">text-direction</a>');
    expect(page).toContain('<section class="model" id="model-1"');
  });

  it("holds out a command only for a fix that passes; the files of another are folded", () => {
    const plain = sampleModel();
    const { verified } = sampleFix();
    const missed = { ...sampleFix(), verified: verified && { ...verified, passes: false } };
    const fix = (page: string) => /<h3>Fix<\/h3>([\s\S]*?)<\/section>/.exec(page)?.[1] ?? "";
    const shown = (page: string) => fix(page).split("<details>")[0];
    expect(shown(renderHtml(sampleReport()))).toContain('<div class="code">');
    const page = renderHtml(sampleReport({ models: [{ ...plain, fix: missed }] }));
    expect(shown(page)).not.toContain('<div class="code">');
    expect(fix(page)).toContain("<summary>2 files for this set</summary>");
  });

  it("names the model of its lead sentence where there are several", () => {
    const lead = (models: number) =>
      /<p class="why">(.*?)<\/p>/.exec(renderHtml(sampleReport({ models: [sampleModel(), undecidedModel()].slice(0, models) })))?.[1];
    expect(lead(2)).toMatch(/^text-direction: softmax_0\.tmp_0 has SQNR 18\.4 dB/);
    expect(lead(1)).toBeUndefined();
  });

  it("shows why a layer is suspicious: what it reads against its scale, and its weights by channel", () => {
    const plain = sampleModel();
    const histogram = { low: -4, high: 4, reference: [1, 8, 1], candidate: [1, 8, 1], clip: 2.54, saturatedShare: 0.125 };
    const layers = plain.layers.map((layer, i) =>
      i === 7
        ? { ...layer, reads: "batch_norm_4.tmp_3", weightRange: { channels: 3, low: [-1, -2, -8], high: [1, 2, 1] } }
        : i === 6
          ? { ...layer, histogram }
          : layer,
    );
    const page = renderHtml(sampleReport({ models: [{ ...plain, layers }] }));
    expect(page).toContain("Scale 0.02: INT8 holds ±2.54; 13 % of the values lie beyond and saturate.");
    expect(page).toContain("What it reads: <code>batch_norm_4.tmp_3</code>");
    expect(page).toContain("quantiser clips here");
    expect(page).toContain("The widest channel is 4 times the middle one.");
  });

  it("draws calibration convergence and value histograms where they were measured", () => {
    const plain = sampleModel();
    const convergence = [8, 16, 32].map((samples) => ({ samples, medianChange: 0.2 / samples, worstChange: 1 / samples }));
    const layers = plain.layers.map((layer, i) =>
      i === 7 ? { ...layer, histogram: { low: -1, high: 1, reference: [1, 5, 1], candidate: [2, 3, 2] } } : layer,
    );
    const page = renderHtml(sampleReport({ models: [{ ...plain, layers, quantization: { ...plain.quantization, convergence } }] }));
    expect(page).toContain("Calibration: with 32 samples the scales still moved by 0.63 % (median) and 3.13 % (worst).");
    expect(page).toContain("Values of batch_norm_5.tmp_3 on both sides");
  });

  it.each(["Infinity", "-Infinity", "NaN"] as const)("writes no broken coordinate for layers of %s dB", (value) => {
    const layers = Array.from({ length: 4 }, (_, i) => sampleLayer(i, { metrics: { sqnrDb: value }, injected: { sqnrDb: value } }));
    expect(renderHtml(sampleReport({ models: [sampleModel({ layers })] }))).not.toMatch(
      /(x|y|x1|x2|y1|y2|cx|cy|width|height|points|d)="[^"]*(NaN|Infinity|undefined)/,
    );
  });

  it("lists every engine with its times and the precisions that its layers ran in, names made harmless", () => {
    const builds = [
      { what: "FP16 engine", seconds: 14.8, latencyMs: 0.7266, notes: ["2.1 MiB"], precisions: { FP16: ["a", "b"] } },
      { what: "INT8 engine", seconds: 37.6, latencyMs: 0.6274, notes: ["<img src=x>"], precisions: { INT8: ["a"], FP32: ["b", "c"] } },
    ];
    const page = renderHtml(sampleReport({ models: [sampleModel({ lane: "implicit", builds })] }));
    expect(page).toMatch(/INT8 engine.*38 s.*0\.627 ms.*FP32 2, INT8 1/s);
    expect(page).not.toContain("<img");
    expect(renderHtml(sampleReport({ models: [sampleModel({ lane: "simulate", builds })] }))).not.toContain("INT8 engine");
  });
});
