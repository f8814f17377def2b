/** The page's one style sheet. Allowed by hash in its Content-Security-Policy: no style attribute anywhere. */

export const style = `
:root{color-scheme:light dark;--paper:#fff;--ink:#16191d;--soft:#59626d;--line:#dde1e6;--wash:#f5f6f8;--pass:#0a6b52;--regression:#b3261e;--undecided:#7a5200;--blue:#1459b3;--orange:#b8540b;--focus:#1459b3}
@media (prefers-color-scheme:dark){:root{--paper:#13161a;--ink:#e8eaed;--soft:#a0a9b4;--line:#333a42;--wash:#1c2026;--pass:#5fd0ac;--regression:#ff9a8f;--undecided:#f0c36a;--blue:#7fb2f5;--orange:#f3a664;--focus:#7fb2f5}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem}
header,main,footer{max-width:70rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:2.5rem}
h1{overflow-wrap:anywhere;font-size:1.9rem;line-height:1.2;margin:0 0 .5rem;font-weight:650;letter-spacing:-.015em;text-wrap:balance}
h2{font-size:1.35rem;line-height:1.25;margin:0;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h3{font-size:1rem;margin:2.5rem 0 .6rem;font-weight:650}
p{margin:.4rem 0;max-width:46rem;overflow-wrap:anywhere}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.875em}
code{overflow-wrap:anywhere}
a{color:var(--blue)}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
.verdict{display:inline-flex;gap:.5rem;align-items:center;font-weight:650}
.verdict svg{width:1.25em;height:1.25em;flex:none}
.verdict.pass{color:var(--pass)}.verdict.regression{color:var(--regression)}.verdict.undecided{color:var(--undecided)}
header .verdict{font-size:1.05rem;margin-bottom:.6rem}
.why{font-size:1.1rem}
.cause{border-left:4px solid var(--regression);background:var(--wash);padding:.6rem 1rem;margin:1rem 0}.cause p:first-child{font-size:1.1rem}
.meta,figcaption,.note{color:var(--soft);font-size:.875rem}
header p{max-width:none}.meta span:not(:last-child)::after{content:"·";margin:0 .5em}
.model{border-top:1px solid var(--line);margin-top:2.5rem;padding-top:1.75rem}
.title{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:baseline;justify-content:space-between}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1.25rem 2rem;margin:1.5rem 0 0;padding:0}
.figures dt{color:var(--soft);font-size:.8125rem}
.figures dd{margin:.1rem 0 0;font-size:1.3rem;line-height:1.25;font-weight:600;overflow-wrap:anywhere}
.figures dd.name{font-size:1rem;line-height:1.45}.figures dd small{display:block;font-size:.8125rem;font-weight:400;color:var(--soft)}
.scroll{overflow-x:auto;margin:.4rem 0}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
caption{text-align:left;color:var(--soft);font-size:.875rem;padding-bottom:.4rem}
th,td{text-align:left;padding:.45rem .9rem .45rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;font-size:.8125rem;color:var(--soft);white-space:nowrap}
td.n,th.n{text-align:right;white-space:nowrap;padding-right:1.5rem}
td code{display:block;width:max-content;max-width:22rem}
tr:last-child td{border-bottom:0}
.level{white-space:nowrap;font-weight:600}.level.fail{color:var(--regression)}.level.pass{color:var(--pass)}.level.warn,.level.undecided,.level.waived{color:var(--undecided)}.level.unjudged{color:var(--soft);font-weight:400}
figure{margin:.5rem 0 0}figure.half{max-width:34rem}
figcaption{padding-top:.35rem;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;align-items:center}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr));gap:0 2rem}
.chart{display:block;width:100%;height:auto;overflow:visible}
.chart.narrow{display:none}
.chart text{font-size:12px;fill:var(--soft);font-family:inherit}
.chart .end{text-anchor:end}.chart .mid{text-anchor:middle}
.chart .grid{stroke:var(--line)}.chart .base{stroke:var(--soft)}
.chart .limit{stroke:var(--regression);stroke-width:1.5;stroke-dasharray:6 4}.chart .limit.warn{stroke:var(--undecided);stroke-dasharray:2 4}
.chart .limit-text{fill:var(--regression);font-weight:600}.chart .limit-text.warn{fill:var(--undecided)}
.chart .tags text,.chart .name,.chart .value{fill:var(--ink);font-weight:600}
.chart polyline{fill:none;stroke-width:2;stroke-linejoin:round}.chart polyline.accumulated{stroke:var(--blue)}.chart polyline.candidate{stroke:var(--orange);stroke-dasharray:5 3}.chart polyline.path{stroke:var(--line);stroke-width:1.5}
.chart .accumulated circle{fill:var(--blue)}
.chart .injected line{stroke:var(--orange);stroke-width:1;opacity:.45}.chart .injected path{fill:var(--orange)}
.chart .bar{fill:var(--blue)}.chart .bar.beyond,.chart .bar.injected{fill:var(--orange)}
.chart .passes circle{fill:var(--pass)}.chart .fails path{stroke:var(--regression);stroke-width:2.2;fill:none}.chart .unknown circle{fill:none;stroke:var(--undecided);stroke-width:2.2}
.chart .tags line{stroke:var(--soft)}
.chart .cell,.swatch::before{fill:var(--cell);background:var(--cell)}.e0{--cell:#b8540b}.e1{--cell:#e08a3c}.e2{--cell:#f2c08c}.e3{--cell:#f7e6d3}.int8{--cell:#1459b3}.fix{--cell:#12a47c}.kept{--cell:#0a6b52}.float,.strip .unknown,.swatch.unknown{--cell:#c9ced4}
.swatch{display:inline-flex;align-items:center;gap:.4em;margin-right:.6em}.swatch::before{content:"";width:.9em;height:.9em}
.tag{display:inline-block;min-width:1em;color:var(--ink)}
.chart .cursor{stroke:var(--ink);visibility:hidden}.chart .cursor.on{visibility:visible}
.key{display:inline-flex;align-items:center;gap:.45em}.key::before{content:"";width:1.1em;height:0;border-top:2.5px solid var(--blue)}
.key.injected::before{width:.6em;height:.6em;border:0;background:var(--orange);transform:rotate(45deg)}
.key.candidate::before{border-top:2px dashed var(--orange)}.key.limit::before{border-top:2px dashed var(--regression)}.key.passes::before{width:.65em;height:.65em;border:0;border-radius:50%;background:var(--pass)}
.key.fails::before{content:"✕";width:auto;height:auto;border:0;color:var(--regression);font-weight:700}.key.unknown::before{width:.6em;height:.6em;border:2px solid var(--undecided);border-radius:50%}
.readout{min-height:1.6em;font-size:.875rem}
.explore{border-radius:3px}
h4{overflow-wrap:anywhere;font-size:.9375rem;margin:1.5rem 0 0;font-weight:650}
.tools{display:none;flex-wrap:wrap;gap:.4rem .75rem;align-items:center;margin:.6rem 0;font-size:.9375rem}.js .tools{display:flex}
.tools input,.tools button{font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--soft);border-radius:4px;padding:.25rem .6rem}.tools input{min-width:8rem;flex:0 1 16rem}.tools button{cursor:pointer}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-align:inherit}th button:hover{color:var(--ink)}
th button::after{content:" ↕";content:" ↕" / "";opacity:.5}th[aria-sort=ascending] button::after{content:" ↑";content:" ↑" / "";opacity:1}th[aria-sort=descending] button::after{content:" ↓";content:" ↓" / "";opacity:1}
details{margin:.8rem 0}
summary{cursor:pointer;font-weight:600;padding:.2rem 0}
ol,ul{padding-left:1.3rem;margin:.4rem 0;max-width:46rem}li{margin:.25rem 0;overflow-wrap:anywhere}
.code{position:relative;margin:.5rem 0}
pre{background:var(--wash);border-radius:4px;padding:.8rem 1rem;margin:0;overflow:auto;max-height:24rem;white-space:pre-wrap;overflow-wrap:anywhere}
.copy{display:none;position:absolute;top:.45rem;right:.45rem;font:inherit;font-size:.8125rem;color:var(--ink);background:var(--paper);border:1px solid var(--line);border-radius:4px;padding:.25rem .7rem;cursor:pointer}
.js .copy{display:block}.js .code pre{padding-right:5.5rem}.copy:hover{border-color:var(--soft)}
.facts{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.35rem 1.5rem;margin:.5rem 0;font-size:.9375rem}
.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
footer{margin-top:3rem;padding-bottom:3rem}footer h2{border-top:1px solid var(--line);padding-top:1.25rem}
.rest>summary{margin-top:2rem}.passing>summary{margin:0}summary .title{display:inline-flex}
@media (max-width:640px){body{font-size:15px}table,th{font-size:.75rem}th,td{padding:.35rem .35rem .35rem 0}td.n,th.n{padding-right:.35rem;white-space:normal}th{white-space:normal}td,th,td code{white-space:normal;overflow-wrap:anywhere}td.n,td.level,th{overflow-wrap:normal}details th{overflow-wrap:anywhere}td.level{white-space:nowrap}td .verdict{gap:.25rem;white-space:nowrap}td code{width:auto;max-width:none}header,main,footer{padding-left:1rem;padding-right:1rem}header{padding-top:1.5rem}h1{font-size:1.5rem}.chart.wide{display:none}.chart.narrow{display:block}.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.5rem}.figures{grid-template-columns:1fr 1fr}.pair{grid-template-columns:1fr}
.layers,.layers tbody,.layers caption{display:block}.layers tr{display:grid;grid-auto-flow:dense;grid-template-columns:1fr 1fr;gap:0 1.25rem;border-bottom:1px solid var(--line);padding:.4rem 0}.layers thead tr{display:flex;flex-wrap:wrap}.layers th,.layers td,.layers tr:last-child td{border:0;padding:.05rem 0;text-align:left}.layers td{display:flex;gap:.5rem;justify-content:space-between;font-size:.8125rem}.layers td:nth-child(-n+3),.layers td[data-h^=Alone]{grid-column:1/-1}.layers td::before{content:attr(data-h);color:var(--soft);flex:none;font-weight:400;font-family:inherit}.layers td *{text-align:right}.layers tr[hidden]{display:none}
.stacked,.stacked tbody,.stacked caption{display:block}.stacked thead{display:none}.stacked tr{display:grid;grid-template-columns:1fr 1fr;gap:0 1.25rem;border-bottom:1px solid var(--line);padding:.4rem 0}.stacked td,.stacked tr:last-child td{display:flex;gap:.5rem;justify-content:space-between;border:0;padding:.05rem 0;text-align:right;font-size:.8125rem}.stacked td:first-child{grid-column:1/-1}.stacked td::before{content:attr(data-h);color:var(--soft);flex:none;font-weight:400;font-family:inherit}}
@media print{@page{margin:10mm}html{font-size:11.5px}:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--wash:#f4f4f4;--pass:#0a6b52;--regression:#b3261e;--undecided:#7a5200;--blue:#1459b3;--orange:#b8540b}body{font-size:8.5pt;line-height:1.35;-webkit-print-color-adjust:exact;print-color-adjust:exact}header,main,footer{max-width:none;padding:0}h1{font-size:1.5rem}h3{margin:.9rem 0 .3rem}h4{margin:.4rem 0 0}p,ul,ol{max-width:none;margin:.2rem 0}table,th,caption,.note,figcaption,.meta{font-size:7.5pt}th,td{padding:.1rem .6rem .1rem 0}.model{margin-top:1rem;padding-top:.75rem}.model~.model{break-before:page}.cause{margin:.3rem 0;padding:.1rem .6rem;border-left-width:3px}.cause p:first-child{font-size:9pt}.figures{margin:.5rem 0 0;gap:.5rem 1.5rem}.figures{grid-template-columns:repeat(5,1fr)}.figures dd{font-size:1.2rem}.copy,.skip,.readout,.tools,footer,details:not(.passing){display:none!important}th button::after{content:""!important}figure,tr,.code,.why-layer{break-inside:avoid}figure.full .chart{max-height:47mm}.pair{grid-template-columns:1fr 1fr;gap:0 1rem}.pair .chart{max-height:23mm}figure.half .chart{max-height:22mm}.why-layer~.why-layer~.why-layer{display:none}h2,h3,h4{break-after:avoid}pre{max-height:5.5em;overflow:hidden;padding:.3rem .6rem}.scroll{overflow:visible}tbody tr:nth-child(n+11),li:nth-child(n+9){display:none}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
`;
