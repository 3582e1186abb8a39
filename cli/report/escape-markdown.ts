/**
 * Text from a spec, an agent or a dataset as plain inline text of GitHub Markdown: on one line, and without any power:
 * no markup, HTML, table cell, link, image, mention or issue reference comes of it.
 */
export function escapeMarkdown(text: string): string {
  return (
    escapeHtml(visible(text).replaceAll(/\s+/g, ' ').trim())
      .replaceAll(/[\\`*_[\]|~!#]/g, '\\$&')
      .replaceAll(/#(?=\d)/g, '#\u200b')
      .replace(/^([-+=])/, '\\$1')
      .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2')
      .replaceAll('://', '&#58;//')
      .replaceAll(/\bwww\./gi, (www) => `${www.slice(0, 3)}&#46;`)
      // `bot@3` is no mention, and is copied.
      .replaceAll(/(?<!\w)@(?=\w)/g, '@\u200b')
  );
}

/** Text for a `<pre>`: its lines stay, and no tag comes of it. */
export function escapePre(text: string): string {
  return escapeHtml(visible(text));
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Without control characters and without those that turn the direction of text around. */
function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
