import handlebars from 'handlebars';
import { plainly } from '../texts/text.js';
import type { Mail } from './mail.js';

/** Inline styles only: mail programs read no others. */
const HTML = handlebars.compile(
  `<!doctype html>
<html lang="{{locale}}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>{{subject}}</title></head>
<body style="margin:0;padding:32px 16px;font:16px/1.5 system-ui,sans-serif;color:#1d1e22;background:#f6f5f2">
<div style="max-width:480px;margin:0 auto;padding:28px;background:#ffffff;border:1px solid #dcdad4;border-radius:12px">
<p style="margin:0 0 20px;font-weight:600">{{brand}}</p>
<p style="margin:0 0 20px">{{lead}}</p>
{{#if href}}<p style="margin:0 0 20px"><a href="{{href}}" style="display:inline-block;padding:10px 18px;border-radius:8px;background:#1f4fd0;color:#ffffff;text-decoration:none;font-weight:600">{{label}}</a></p>
<p style="margin:0 0 20px;font-size:13px;color:#5a5e68;word-break:break-all">{{href}}</p>{{/if}}
<p style="margin:0;font-size:14px;color:#5a5e68">{{note}}</p>
</div></body></html>`,
  { strict: true },
);

/** A mail as it is sent: the same in HTML and as text. */
export function letter({ locale, subject, lead, link, note }: Mail): { subject: string; text: string; html: string } {
  const parts = {
    locale,
    subject: plainly(subject, locale),
    brand: plainly({ key: 'brand.name' }, locale),
    lead: plainly(lead, locale),
    label: link && plainly(link.label, locale),
    href: link?.href,
    note: plainly(note, locale),
  };
  const text = [parts.lead, link && `${parts.label}:\n${link.href}`, parts.note].filter(Boolean).join('\n\n');
  return { subject: parts.subject, text: `${text}\n`, html: HTML(parts) };
}
