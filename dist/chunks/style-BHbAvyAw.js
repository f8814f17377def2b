import{t as withoutUnseen}from"./unseen-DyXxY0qo.js";import{a as fromNum,r as plainLines}from"./text-CVbDojrY.js";var Markup=class{text;constructor(e){this.text=e}};const html=(e,...t)=>new Markup(e.reduce((e,n,r)=>e+render(t[r-1])+n)),nothing=new Markup(``),escapeHtml=e=>withoutUnseen(e).replace(/[&<>"']/g,e=>`&#${e.charCodeAt(0)};`),jsonForScript=e=>new Markup(JSON.stringify(e).replace(/[<\u2028\u2029]/g,e=>`\\u${e.charCodeAt(0).toString(16).padStart(4,`0`)}`));function render(e){return e==null||e===!1?``:e instanceof Markup?e.text:typeof e==`string`?escapeHtml(e):typeof e==`number`?String(e):e.map(render).join(``)}function niceScale(e,t,n,r,i=5){let a=t>e?t-e:1,o=roundStep(a/i),s=Math.floor(e/o)*o,c=Math.ceil(Math.max(t,e+a)/o)*o;return{low:s,high:c,ticks:Array.from({length:Math.round((c-s)/o)+1},(e,t)=>Number((s+t*o).toPrecision(12))),at:e=>round(n+(clamp(e,s,c)-s)/(c-s)*(r-n))}}function countScale(e,t,n,r,i=5){let a=Math.max(t,e+1),o=Math.max(1,Math.round(roundStep((a-e)/i))),s=Math.ceil(e/o)*o;return{low:e,high:a,ticks:Array.from({length:Math.floor((a-s)/o)+1},(e,t)=>s+t*o),at:t=>round(n+(clamp(t,e,a)-e)/(a-e)*(r-n))}}function extent(e,t=Number.MAX_VALUE){let n=1/0,r=-1/0;for(let i of e)Math.abs(i)<=t&&(n=Math.min(n,i),r=Math.max(r,i));return r>=n?[n,r]:void 0}const round=e=>Math.round(e*100)/100,clamp=(e,t,n)=>Number.isNaN(e)?t:Math.min(n,Math.max(t,e));function roundStep(e){let t=10**Math.floor(Math.log10(e));return([1,2,5,10].find(n=>n*t>=e*.999)??10)*t}const wide={width:1040,height:340,left:52,right:16,top:26,bottom:40},narrow={width:380,height:280,left:40,right:10,top:26,bottom:40},chartSizes=[{...wide,width:510,height:260},narrow];function figure(e,t,n,r=[wide,narrow]){let i=r.map((e,r)=>html`<svg class="chart ${r===0?`wide`:`narrow`}" viewBox="0 0 ${e.width} ${e.height}" role="img" aria-label="${t}">${n(e)}</svg>`);return html`<figure class="${r[0].width<wide.width?`half`:`full`}">${i}<figcaption>${e}</figcaption></figure>`}function yAxis(e,t,n,r=String){let i=e.ticks.map(n=>{let i=e.at(n);return html`<line class="grid" x1="${t.left}" x2="${t.width-t.right}" y1="${i}" y2="${i}"/><text class="tick end" x="${t.left-8}" y="${i+4}">${r(n)}</text>`});return html`<g aria-hidden="true">${i}<text class="axis" x="4" y="10">${n}</text></g>`}function xAxis(e,t,n,r=String){let i=t.height-t.bottom,a=e.ticks.map(t=>html`<text class="tick mid" x="${e.at(t)}" y="${i+16}">${r(t)}</text>`);return html`<g aria-hidden="true"><line class="base" x1="${t.left}" x2="${t.width-t.right}" y1="${i}" y2="${i}"/>${a}<text class="axis mid" x="${round((t.left+t.width-t.right)/2)}" y="${t.height-4}">${n}</text></g>`}function limitLine(e,t,n,r,i=`above`){let a=t.width-t.right;return html`<line class="limit ${r}" x1="${t.left}" x2="${a}" y1="${e}" y2="${e}"/><text class="limit-text ${r} end" x="${a-2}" y="${i===`above`?e-5:e+14}">${n}</text>`}const contentSecurityPolicy=`default-src 'none'; style-src 'sha256-kOvKhP50xfcW8B64ZWxKhjsVF7rRbBCHeCTpz8FQQpA='; script-src 'sha256-frqfOTLIxy/Dic62klFAPcQjQ2dyGKUKR6Bk9Pe5QZg='; base-uri 'none'; form-action 'none'`,verdictBadge=(e,t=0)=>{let n=e===`pass`&&t>0,r=n?`undecided`:e;return html`<span class="verdict ${r}"><svg viewBox="0 0 20 20" aria-hidden="true">${verdictShape[r]}</svg>${n?`Pass with a caveat`:verdictWords[e]}</span>`},verdictWords={pass:`Pass`,regression:`Regression`,undecided:`Undecided`},verdictShape={pass:html`<circle cx="10" cy="10" r="9" fill="currentColor"/><path d="M5.5 10.5l3 3l6-7" fill="none" stroke="var(--paper)" stroke-width="2"/>`,regression:html`<path d="M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z" fill="currentColor"/><path d="M6.5 6.5l7 7m0-7l-7 7" fill="none" stroke="var(--paper)" stroke-width="2"/>`,undecided:html`<path d="M10 1L19.5 18H.5z" fill="currentColor"/><path d="M10 7v5m0 2v1.5" fill="none" stroke="var(--paper)" stroke-width="2"/>`},levelSign={pass:`✓`,warn:`!`,fail:`✕`,waived:`–`,unjudged:``,undecided:`?`},levelCell=e=>html`<td class="level ${e}">${levelSign[e]&&html`<span aria-hidden="true">${levelSign[e]} </span>`}${e===`unjudged`?`not judged`:e}</td>`;function tableOf(e,t,n){if(n.length===0)return nothing;let cell=(e,t)=>typeof e!=`string`&&e.text.startsWith(`<td`)?e:html`<td${t?.number?html` class="n"`:nothing}>${e}</td>`;return html`<div class="scroll" tabindex="0" role="region" aria-label="${e}"><table><caption>${e}</caption><thead><tr>${t.map(e=>html`<th scope="col"${e.number?html` class="n"`:nothing}>${e.head}</th>`)}</tr></thead><tbody>${n.map(e=>html`<tr>${e.map((e,n)=>cell(e,t[n]))}</tr>`)}</tbody></table></div>`}function lastRows(e,t,{items:n,most:r,row:i}){let a=n.length-r,o=a>0?html`<p class="note">The first ${a} are in report.json.</p>`:nothing;return html`${tableOf(e,t,n.slice(-r).map(i))}${o}`}const copyable=(e,t)=>html`<div class="code"><pre tabindex="0">${e}</pre><button type="button" class="copy" aria-label="Copy ${t}">Copy</button></div>`,quoted=e=>html`<pre tabindex="0">${plainLines(e,40,400).join(`
`)}</pre>`,facts=e=>html`<dl class="facts">${e.map(([e,t])=>html`<dt>${e}</dt><dd>${t}</dd>`)}</dl>`,chapter=(e,...t)=>t.every(e=>e.text===``)?nothing:html`<section><h3>${e}</h3>${t}</section>`,fold=(e,t)=>t.text===``?nothing:html`<details><summary>${e}</summary>${t}</details>`;function convergenceChart(e){if(e.length<2)return nothing;let t=e.at(-1),n=`Calibration: with ${t?.samples??0} samples the scales still moved by ${percent(t?.medianChange)} (median) and ${percent(t?.worstChange)} (worst).`;return figure(html`Change of the scales as samples were added <span class="key accumulated">median tensor</span> <span class="key candidate">worst tensor</span>`,n,n=>{let r=niceScale(0,extent(e.flatMap(e=>[100*fromNum(e.medianChange),100*fromNum(e.worstChange)]))?.[1]??1,n.height-n.bottom,n.top,4),i=niceScale(e[0]?.samples??0,t?.samples??1,n.left,n.width-n.right,5),line=t=>e.map(e=>`${i.at(e.samples)},${r.at(100*fromNum(e[t]))}`).join(` `);return html`${yAxis(r,n,`change, %`)}${xAxis(i,n,`calibration samples`)}${limitLine(r.at(1),n,`1 %`,`warn`)}<polyline class="accumulated" points="${line(`medianChange`)}"/><polyline class="candidate" points="${line(`worstChange`)}"/>`},chartSizes)}const percent=e=>e===void 0?`–`:`${round(100*fromNum(e))} %`,style=`
:root{color-scheme:light dark;--paper:#fff;--ink:#16191d;--soft:#59626d;--line:#dde1e6;--wash:#f5f6f8;--pass:#0a6b52;--regression:#b3261e;--undecided:#7a5200;--blue:#1459b3;--orange:#b8540b;--focus:#1459b3}
@media (prefers-color-scheme:dark){:root{--paper:#13161a;--ink:#e8eaed;--soft:#a0a9b4;--line:#333a42;--wash:#1c2026;--pass:#5fd0ac;--regression:#ff9a8f;--undecided:#f0c36a;--blue:#7fb2f5;--orange:#f3a664;--focus:#7fb2f5}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem}
header,main,footer{max-width:70rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:2.5rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .5rem;font-weight:650;letter-spacing:-.015em;text-wrap:balance}
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
.chart .limit-text,.chart .names text,.chart .name,.chart .value,.chart .count{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.chart .limit-text{fill:var(--regression);font-weight:600}.chart .limit-text.warn{fill:var(--undecided)}
.chart .names text,.chart .name,.chart .value{fill:var(--ink);font-weight:600}
.chart polyline{fill:none;stroke-width:2;stroke-linejoin:round}.chart polyline.accumulated{stroke:var(--blue)}.chart polyline.candidate{stroke:var(--orange);stroke-dasharray:5 3}.chart polyline.path{stroke:var(--line);stroke-width:1.5}
.chart .accumulated circle{fill:var(--blue)}
.chart .injected line{stroke:var(--orange);stroke-width:1;opacity:.45}.chart .injected path{fill:var(--orange)}
.chart .bar{fill:var(--blue)}.chart .bar.beyond,.chart .bar.injected{fill:var(--orange)}
.chart .passes circle{fill:var(--pass)}.chart .fails path{stroke:var(--regression);stroke-width:2.2;fill:none}.chart .unknown text{fill:var(--undecided);font-weight:700;font-size:15px}
.chart .cursor{stroke:var(--ink);visibility:hidden}.chart .cursor.on{visibility:visible}
.key{display:inline-flex;align-items:center;gap:.45em}.key::before{content:"";width:1.1em;height:0;border-top:2.5px solid var(--blue)}
.key.injected::before{width:.6em;height:.6em;border:0;background:var(--orange);transform:rotate(45deg)}
.key.candidate::before{border-top:2px dashed var(--orange)}.key.limit::before{border-top:2px dashed var(--regression)}.key.passes::before{width:.65em;height:.65em;border:0;border-radius:50%;background:var(--pass)}
.key.fails::before{content:"✕";width:auto;height:auto;border:0;color:var(--regression);font-weight:700}.key.unknown::before{content:"?";width:auto;height:auto;border:0;color:var(--undecided);font-weight:700}
.readout{min-height:1.6em;font-size:.875rem}
.explore{border-radius:3px}
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
.rest>summary{margin-top:2rem}summary .title{display:inline-flex}
@media (max-width:640px){body{font-size:15px}table,th{font-size:.75rem}th,td{padding:.35rem .35rem .35rem 0}td.n,th.n{padding-right:.35rem;white-space:normal}th{white-space:normal}td,th,td code{white-space:normal;overflow-wrap:anywhere}td.n,td.level,th{overflow-wrap:normal}details th{overflow-wrap:anywhere}td.level{white-space:nowrap}td .verdict{gap:.25rem;white-space:nowrap}td code{width:auto;max-width:none}header,main,footer{padding-left:1rem;padding-right:1rem}header{padding-top:1.5rem}h1{font-size:1.5rem}.chart.wide{display:none}.chart.narrow{display:block}.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.5rem}.figures{grid-template-columns:1fr 1fr}.pair{grid-template-columns:1fr}}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--wash:#f4f4f4;--pass:#0a6b52;--regression:#b3261e;--undecided:#7a5200;--blue:#1459b3;--orange:#b8540b}body{font-size:10.5pt}header,main,footer{max-width:none;padding-left:0;padding-right:0}.copy,.skip,.readout{display:none!important}figure,tr,.code{break-inside:avoid}h2,h3{break-after:avoid}pre{max-height:none}details::details-content{content-visibility:visible;height:auto}.scroll{overflow:visible}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
`;export{html as C,Markup as S,nothing as T,yAxis as _,facts as a,niceScale as b,levelCell as c,verdictBadge as d,contentSecurityPolicy as f,xAxis as g,limitLine as h,copyable as i,quoted as l,figure as m,convergenceChart as n,fold as o,chartSizes as p,chapter as r,lastRows as s,style as t,tableOf as u,countScale as v,jsonForScript as w,round as x,extent as y};