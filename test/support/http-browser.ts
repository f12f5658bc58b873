/** A page as a browser without script sees it. */
export interface WebPage {
  readonly status: number;
  readonly url: string;
  readonly headers: Headers;
  readonly html: string;
  /** Where a redirect led that left the site: it was not followed. */
  readonly leftTo: string | undefined;
  readonly forms: readonly WebForm[];
}

export interface WebForm {
  readonly action: string;
  readonly method: string;
  /** Fields with the values a browser would send; buttons apart. */
  readonly fields: readonly { name: string; value: string; type: string; checked: boolean }[];
  readonly buttons: readonly { label: string; name: string | undefined; value: string }[];
}

/** Cookies, redirects within the site, and forms: what a flow needs of a browser. */
export class HttpBrowser {
  readonly cookies = new Map<string, string>();
  /** Every value of a cookie it ever had: for looking where none may be. */
  readonly seen: string[] = [];
  /** Somebody closes it in the middle of what it asks for. */
  closed: AbortSignal | null = null;

  constructor(private readonly headers: Record<string, string> = {}) {}

  async get(url: string): Promise<WebPage> {
    return this.request(url, { method: 'GET' });
  }

  /** Sends a form of the page: the one that has this button. `values` fill fields by name; undefined takes one away. */
  async submit(page: WebPage, button: string, values: Record<string, string | undefined> = {}): Promise<WebPage> {
    const form = page.forms.find(({ buttons }) => buttons.some(({ label }) => label === button));
    if (!form) throw new Error(`no button "${button}" on ${page.url} (${page.status}):\n${textOf(page.html)}`);
    const body = new URLSearchParams();
    for (const { name, value, type, checked } of form.fields) {
      if (name in values) continue;
      if ((type === 'radio' || type === 'checkbox') && !checked) continue;
      body.append(name, value);
    }
    for (const [name, value] of Object.entries(values)) if (value !== undefined) body.append(name, value);
    const pressed = form.buttons.find(({ label }) => label === button)!;
    if (pressed.name) body.append(pressed.name, pressed.value);
    const { href } = new URL(form.action, page.url);
    return form.method === 'get' ? this.get(`${href}?${body}`) : this.post(href, body);
  }

  async post(url: string, body: URLSearchParams, headers: Record<string, string> = {}): Promise<WebPage> {
    return this.request(url, {
      method: 'POST',
      body: body.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...headers },
    });
  }

  private async request(url: string, init: RequestInit): Promise<WebPage> {
    const { origin } = new URL(url);
    for (let hops = 0; hops < 10; hops++) {
      const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(url, {
        ...init,
        signal: this.closed,
        redirect: 'manual',
        headers: { ...this.headers, ...(init.headers as Record<string, string>), ...(cookie && { cookie }) },
      });
      this.keep(response);
      const location = response.headers.get('location');
      if (location === null) {
        const html = await response.text();
        return {
          status: response.status,
          url,
          headers: response.headers,
          html,
          leftTo: undefined,
          forms: formsOf(html),
        };
      }
      const next = new URL(location, url);
      if (next.origin !== origin)
        return {
          status: response.status,
          url,
          headers: response.headers,
          html: await response.text(),
          leftTo: location,
          forms: [],
        };
      url = next.href;
      init = { method: 'GET' };
    }
    throw new Error(`too many redirects at ${url}`);
  }

  private keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const [name, value] = [pair!.slice(0, pair!.indexOf('=')), pair!.slice(pair!.indexOf('=') + 1)];
      const over = attributes.some(
        (attribute) => /^expires=thu, 01 jan 1970/i.test(attribute) || /^max-age=0$/i.test(attribute),
      );
      if (over || value === '') this.cookies.delete(name);
      else {
        this.cookies.set(name, value);
        this.seen.push(value);
      }
    }
  }
}

/** What a person reads. */
export function textOf(html: string): string {
  return unescape(html.replace(/<head[\s\S]*?<\/head>/, '').replace(/<[^>]+>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

function formsOf(html: string): WebForm[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, head, inside]) => {
    const form = attributesOf(head!);
    const fields = [...inside!.matchAll(/<(?:input|textarea)\b([^>]*)>/g)].map(([, text]) => {
      const input = attributesOf(text!);
      return {
        name: input['name'] ?? '',
        value: input['value'] ?? '',
        type: input['type'] ?? 'text',
        checked: 'checked' in input,
      };
    });
    const buttons = [...inside!.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/g)].map(([, text, label]) => {
      const button = attributesOf(text!);
      return { label: textOf(label!), name: button['name'], value: button['value'] ?? '' };
    });
    return { action: form['action'] ?? '', method: form['method'] ?? 'get', fields, buttons };
  });
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [name!, unescape(value ?? '')]),
  );
}

export function unescape(text: string): string {
  const entities: Record<string, string> = {
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    '#x27': "'",
    '#x60': '`',
    '#x3D': '=',
  };
  return text.replace(/&(#x27|#x60|#x3D|amp|lt|gt|quot);/g, (_, name: string) => entities[name]!);
}
