import { useEffect, useState } from 'react';

/** Text that people wrote, as Markdown. HTML in it is text, and links that run code are none. */
export function Markdown({ text }: { text: string }) {
  const [render, setRender] = useState<(text: string) => string>();
  useEffect(() => {
    let on = true;
    void loadRenderer().then((made) => {
      if (on) setRender(() => made);
    });
    return () => {
      on = false;
    };
  }, []);
  if (!render) return <pre className="r-prose r-wrap">{text}</pre>;
  // oxlint-disable-next-line react/no-danger -- markdown-it escapes everything that is not its own markup
  return <div className="r-prose r-markdown" dangerouslySetInnerHTML={{ __html: render(text) }} />;
}

let renderer: Promise<(text: string) => string> | undefined;

/** Loaded when the first text is shown. */
function loadRenderer(): Promise<(text: string) => string> {
  renderer ??= import('markdown-it').then(({ default: MarkdownIt }) => {
    const markdown = new MarkdownIt({ html: false, linkify: true });
    // Headings of a text stand below those of the page.
    markdown.renderer.rules.heading_open = (tokens, index) => `<${lower(tokens[index]?.tag)}>`;
    markdown.renderer.rules.heading_close = (tokens, index) => `</${lower(tokens[index]?.tag)}>`;
    markdown.renderer.rules.link_open = (tokens, index, options, _env, self) => {
      tokens[index]?.attrSet('rel', 'noopener noreferrer');
      tokens[index]?.attrSet('target', '_blank');
      return self.renderToken(tokens, index, options);
    };
    return (text: string) => markdown.render(text);
  });
  return renderer;
}

const lower = (tag = 'h1') => `h${Math.min(6, Number(tag.slice(1)) + 2)}`;
