import{t as fromNum}from"./schema-DFKk63NV.js";import{a as withoutControls,i as plainLines}from"./text-DiGGAUks.js";var Markup=class{text;constructor(text){this.text=text}};const html=(strings,...parts)=>new Markup(strings.reduce((text,fixed,i)=>text+render(parts[i-1])+fixed)),nothing=new Markup(``),escapeHtml=text=>withoutControls(text).replace(/[&<>"']/g,char=>`&#${char.charCodeAt(0)};`),jsonForScript=value=>new Markup(JSON.stringify(value).replace(/[<\u2028\u2029]/g,char=>`\\u${char.charCodeAt(0).toString(16).padStart(4,`0`)}`));function render(part){return part==null||part===!1?``:part instanceof Markup?part.text:typeof part==`string`?escapeHtml(part):typeof part==`number`?String(part):part.map(render).join(``)}function niceScale(low,high,from,to,wantedTicks=5){let span=high>low?high-low:1,step=roundStep(span/wantedTicks),first=Math.floor(low/step)*step,last=Math.ceil(Math.max(high,low+span)/step)*step;return{low:first,high:last,ticks:Array.from({length:Math.round((last-first)/step)+1},(_,i)=>Number((first+i*step).toPrecision(12))),at:value=>round(from+(clamp(value,first,last)-first)/(last-first)*(to-from))}}function countScale(low,high,from,to,wantedTicks=5){let end=Math.max(high,low+1),step=Math.max(1,Math.round(roundStep((end-low)/wantedTicks))),first=Math.ceil(low/step)*step;return{low,high:end,ticks:Array.from({length:Math.floor((end-first)/step)+1},(_,i)=>first+i*step),at:value=>round(from+(clamp(value,low,end)-low)/(end-low)*(to-from))}}function extent(values,most=Number.MAX_VALUE){let low=1/0,high=-1/0;for(let value of values)Math.abs(value)<=most&&(low=Math.min(low,value),high=Math.max(high,value));return high>=low?[low,high]:void 0}const round=value=>Math.round(value*100)/100,clamp=(value,low,high)=>Number.isNaN(value)?low:Math.min(high,Math.max(low,value));function roundStep(raw){let power=10**Math.floor(Math.log10(raw));return([1,2,5,10].find(candidate=>candidate*power>=raw*.999)??10)*power}const wide={width:1040,height:340,left:52,right:16,top:26,bottom:40},narrow={width:380,height:280,left:40,right:10,top:26,bottom:40},chartSizes=[{...wide,width:510,height:260},narrow];function figure(caption,label,draw,sizes=[wide,narrow]){let drawn=sizes.map((size,i)=>html`<svg class="chart ${i===0?`wide`:`narrow`}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${label}">${draw(size)}</svg>`);return html`<figure class="${sizes[0].width<wide.width?`half`:`full`}">${drawn}<figcaption>${caption}</figcaption></figure>`}function yAxis(scale,size,name,show=String){let lines=scale.ticks.map(tick=>{let y=scale.at(tick);return html`<line class="grid" x1="${size.left}" x2="${size.width-size.right}" y1="${y}" y2="${y}"/><text class="tick end" x="${size.left-8}" y="${y+4}">${show(tick)}</text>`});return html`<g aria-hidden="true">${lines}<text class="axis" x="4" y="10">${name}</text></g>`}function xAxis(scale,size,name,show=String){let base=size.height-size.bottom,ticks=scale.ticks.map(tick=>html`<text class="tick mid" x="${scale.at(tick)}" y="${base+16}">${show(tick)}</text>`);return html`<g aria-hidden="true"><line class="base" x1="${size.left}" x2="${size.width-size.right}" y1="${base}" y2="${base}"/>${ticks}<text class="axis mid" x="${round((size.left+size.width-size.right)/2)}" y="${size.height-4}">${name}</text></g>`}function limitLine(y,size,words,kind,side=`above`){let x=size.width-size.right;return html`<line class="limit ${kind}" x1="${size.left}" x2="${x}" y1="${y}" y2="${y}"/><text class="limit-text ${kind} end" x="${x-2}" y="${side===`above`?y-5:y+14}">${words}</text>`}const contentSecurityPolicy=`default-src 'none'; style-src 'sha256-rhTHnysdd+iJGoEQfeCbH95dQtYbBe/czHfYwWAoezU='; script-src 'sha256-frqfOTLIxy/Dic62klFAPcQjQ2dyGKUKR6Bk9Pe5QZg='; base-uri 'none'; form-action 'none'`,verdictBadge=verdict=>html`<span class="verdict ${verdict}"><svg viewBox="0 0 20 20" aria-hidden="true">${verdictShape[verdict]}</svg>${verdictWords[verdict]}</span>`,verdictWords={pass:`Pass`,regression:`Regression`,undecided:`Undecided`},verdictShape={pass:html`<circle cx="10" cy="10" r="9" fill="currentColor"/><path d="M5.5 10.5l3 3l6-7" fill="none" stroke="var(--paper)" stroke-width="2"/>`,regression:html`<path d="M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z" fill="currentColor"/><path d="M6.5 6.5l7 7m0-7l-7 7" fill="none" stroke="var(--paper)" stroke-width="2"/>`,undecided:html`<path d="M10 1L19.5 18H.5z" fill="currentColor"/><path d="M10 7v5m0 2v1.5" fill="none" stroke="var(--paper)" stroke-width="2"/>`},levelSign={pass:`✓`,warn:`!`,fail:`✕`,waived:`–`,unjudged:``,undecided:`?`},levelCell=level=>html`<td class="level ${level}">${levelSign[level]&&html`<span aria-hidden="true">${levelSign[level]} </span>`}${level===`unjudged`?`not judged`:level}</td>`;function tableOf(caption,columns,rows){if(rows.length===0)return nothing;let cell=(value,column)=>typeof value!=`string`&&value.text.startsWith(`<td`)?value:html`<td${column?.number?html` class="n"`:nothing}>${value}</td>`;return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${columns.map(column=>html`<th scope="col"${column.number?html` class="n"`:nothing}>${column.head}</th>`)}</tr></thead><tbody>${rows.map(row=>html`<tr>${row.map((value,i)=>cell(value,columns[i]))}</tr>`)}</tbody></table></div>`}function lastRows(caption,columns,{items,most,row}){let left=items.length-most,note=left>0?html`<p class="note">The first ${left} are in report.json.</p>`:nothing;return html`${tableOf(caption,columns,items.slice(-most).map(row))}${note}`}const copyable=(text,what)=>html`<div class="code"><pre tabindex="0">${text}</pre><button type="button" class="copy" aria-label="Copy ${what}">Copy</button></div>`,quoted=lines=>html`<pre tabindex="0">${plainLines(lines,40,400).join(`
`)}</pre>`,facts=rows=>html`<dl class="facts">${rows.map(([what,value])=>html`<dt>${what}</dt><dd>${value}</dd>`)}</dl>`,chapter=(title,...body)=>body.every(part=>part.text===``)?nothing:html`<section><h3>${title}</h3>${body}</section>`,fold=(summary,body)=>body.text===``?nothing:html`<details><summary>${summary}</summary>${body}</details>`;function convergenceChart(steps){if(steps.length<2)return nothing;let last=steps.at(-1),label=`Calibration: with ${last?.samples??0} samples the scales still moved by ${percent(last?.medianChange)} (median) and ${percent(last?.worstChange)} (worst).`;return figure(html`Change of the scales as samples were added <span class="key accumulated">median tensor</span> <span class="key candidate">worst tensor</span>`,label,size=>{let y=niceScale(0,extent(steps.flatMap(step=>[100*fromNum(step.medianChange),100*fromNum(step.worstChange)]))?.[1]??1,size.height-size.bottom,size.top,4),x=niceScale(steps[0]?.samples??0,last?.samples??1,size.left,size.width-size.right,5),line=pick=>steps.map(step=>`${x.at(step.samples)},${y.at(100*fromNum(step[pick]))}`).join(` `);return html`${yAxis(y,size,`change, %`)}${xAxis(x,size,`calibration samples`)}${limitLine(y.at(1),size,`1 %`,`warn`)}<polyline class="accumulated" points="${line(`medianChange`)}"/><polyline class="candidate" points="${line(`worstChange`)}"/>`},chartSizes)}const percent=share=>share===void 0?`–`:`${round(100*fromNum(share))} %`,style=`
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
@media (max-width:640px){body{font-size:15px}header,main,footer{padding-left:1rem;padding-right:1rem}header{padding-top:1.5rem}h1{font-size:1.5rem}.chart.wide{display:none}.chart.narrow{display:block}.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.5rem}.figures{grid-template-columns:1fr 1fr}.pair{grid-template-columns:1fr}}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--wash:#f4f4f4;--pass:#0a6b52;--regression:#b3261e;--undecided:#7a5200;--blue:#1459b3;--orange:#b8540b}body{font-size:10.5pt}header,main,footer{max-width:none;padding-left:0;padding-right:0}.copy,.skip,.readout{display:none!important}figure,tr,.code{break-inside:avoid}h2,h3{break-after:avoid}pre{max-height:none}details::details-content{content-visibility:visible;height:auto}.scroll{overflow:visible}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
`;export{html as C,Markup as S,nothing as T,yAxis as _,facts as a,niceScale as b,levelCell as c,verdictBadge as d,contentSecurityPolicy as f,xAxis as g,limitLine as h,copyable as i,quoted as l,figure as m,convergenceChart as n,fold as o,chartSizes as p,chapter as r,lastRows as s,style as t,tableOf as u,countScale as v,jsonForScript as w,round as x,extent as y};