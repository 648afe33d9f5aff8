/* SPDX-License-Identifier: Apache-2.0 */
/* The look of a certificate's page: inline, since the page must need nothing else. On a screen a sheet, on paper A4. */
#ifndef CLI_CERTIFICATE_STYLE_H
#define CLI_CERTIFICATE_STYLE_H

static const char certificate_style[] =
	"@page{size:A4;margin:12mm 14mm 10mm}"
	"*{box-sizing:border-box;margin:0;padding:0}"
	"html{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
	"body{font:8pt/1.34 'Helvetica Neue',Helvetica,Arial,'Liberation Sans','DejaVu Sans "
	"Condensed','DejaVu Sans',sans-serif;"
	"color:#18202c;background:#e9ecf0}"
	"main{width:210mm;min-height:297mm;margin:8mm auto;padding:12mm 14mm 10mm;background:#fff;"
	"box-shadow:0 1px 6px #0003}"
	"code,.mono{font-family:'DejaVu Sans Mono','Liberation Mono',Consolas,Menlo,monospace;font-size:.9em}"
	"td,dd,li{unicode-bidi:isolate;overflow-wrap:anywhere}"

	"header{display:flex;justify-content:space-between;align-items:flex-end;gap:8mm;"
	"border-bottom:1.4pt solid #18202c;padding-bottom:2.4mm}"
	"h1{font-size:19pt;line-height:1.1;font-weight:600;letter-spacing:-.01em}"
	"header p{text-align:right;color:#566172;overflow-wrap:anywhere}"
	"header b{color:#18202c}"
	"h2{font-size:7.4pt;font-weight:700;letter-spacing:.09em;text-transform:uppercase;color:#566172;"
	"margin:3.2mm 0 .8mm;break-after:avoid}"

	".verdict{margin-top:3mm;padding:2mm 3.4mm;border-left:2.2mm solid;border-radius:1mm}"
	".verdict b{font-size:12pt;font-weight:600;display:block;line-height:1.25}"
	".all{background:#e8f4ee;border-color:#1d7a4c}.some,.none{background:#fbeaea;border-color:#b3261e}"
	".verdict span{color:#3d4858}"

	".facts{display:grid;grid-template-columns:1.2fr 1fr 1fr;gap:0 6mm;margin-top:3.2mm}"
	".facts h2{margin-top:0}"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:0 2.4mm}"
	"dt{color:#566172}"

	"table{width:100%;border-collapse:collapse}"
	"thead{display:table-header-group}"
	"tr{break-inside:avoid}"
	"th{font-weight:600;text-align:left;color:#566172;border-bottom:.7pt solid #9aa5b4;padding:.6mm 2mm "
	".8mm 0}"
	"td{vertical-align:top;border-bottom:.4pt solid #d5dbe3;padding:1.1mm 2mm 1.1mm 0}"
	"th:last-child,td:last-child{padding-right:0}"
	"td small{display:block;font-size:.88em;color:#566172}"
	".drives td{font-size:7.6pt;line-height:1.28;padding-top:.9mm;padding-bottom:.9mm}"
	".drives{table-layout:fixed}"
	".drives col:nth-child(1){width:4%}.drives col:nth-child(2){width:28.5%}"
	".drives col:nth-child(3){width:16.5%}.drives col:nth-child(4){width:30.5%}"
	".no{color:#566172;text-align:right}"
	".not{border-top:.7pt solid #9aa5b4}.not td{padding-top:.6mm;padding-bottom:.6mm}"
	".not col:nth-child(1){width:19%}.not col:nth-child(2){width:25%}"

	".claim{font-weight:600;white-space:nowrap}"
	".claim::before{content:'';display:inline-block;width:2.1mm;height:2.1mm;border-radius:50%;"
	"border:.5mm solid;margin-right:1.3mm;vertical-align:-.15mm}"
	".read{color:#1d7a4c}.read::before{background:#1d7a4c}"
	".asserted{color:#8f5f00}.asserted::before{background:linear-gradient(90deg,#8f5f00 50%,#fff 50%)}"
	".not-erased{color:#b3261e}.not-erased::before{border-radius:0}"

	".says{margin-bottom:1mm}.says .claim{margin-right:1.4mm}"
	".plain{color:#3d4858}.statement{font-size:7.6pt;color:#3d4858}.statement p+p{margin-top:.6mm}"

	"footer{margin-top:3mm;border-top:.7pt solid #9aa5b4;padding-top:1.6mm;color:#3d4858;font-size:7.2pt;"
	"break-inside:avoid}"
	"footer p+p{margin-top:.8mm}"
	"footer code{color:#18202c}"
	"pre{font:6.3pt/1.36 'DejaVu Sans Mono','Liberation Mono',Consolas,Menlo,monospace;color:#18202c;"
	"white-space:pre-wrap;overflow-wrap:anywhere;margin:.6mm 0 0 3mm}"

	"@media print{body{background:none}main{width:auto;min-height:0;margin:0;padding:0;box-shadow:none}}";

#endif
