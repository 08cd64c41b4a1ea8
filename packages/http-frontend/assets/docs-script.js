/** Shows the OpenAPI document of the server that serves this page. All text is put in as text. */

let openApi;

const problem = document.getElementById('problem');
/** Kept in the page only: it is gone when the page is. */
const token = document.getElementById('token');
token.addEventListener('change', () => {
  if (openApi === undefined) void load();
});
void load();

async function load() {
  try {
    const response = await fetch('openapi.json', { headers: accessFields() });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    openApi = await response.json();
    problem.hidden = true;
    show();
  } catch (error) {
    problem.textContent = `The document cannot be shown: ${error.message}`;
    problem.hidden = false;
  }
}

function accessFields() {
  const text = token.value.trim();
  return text === '' ? {} : { Authorization: `Bearer ${text}` };
}

function show() {
  const { info, paths, components } = openApi;
  document.title = `${info.title} HTTP API`;
  document.getElementById('title').textContent = `${info.title} HTTP API`;
  document.getElementById('version').textContent = `Version ${info.version}`;
  document.getElementById('description').append(...prose(info.description));
  showAccess(components.securitySchemes ?? {});
  const tags = new Map();
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const [tag] = operation.tags;
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag).push(operationPanel(path, method, operation));
    }
  }
  const sections = [...tags].map(([tag, panels]) =>
    element('section', { className: 'tag' }, element('h2', {}, tag), ...panels),
  );
  document.getElementById('operations').append(...sections);
  const schemas = Object.entries(components.schemas).map(([name, schema]) => {
    const panel = lazyPanel([element('span', { className: 'path' }, name)], () => [
      element('pre', {}, JSON.stringify(schema, undefined, 2)),
    ]);
    panel.id = `schema-${name}`;
    return panel;
  });
  document.getElementById('schemas').append(...schemas);
  document.getElementById('filter').addEventListener('input', filter);
}

function showAccess(schemes) {
  const items = Object.values(schemes).map((scheme) => {
    const field =
      scheme.type === 'apiKey' ? `${scheme.name}: <token>` : 'Authorization: Bearer <token>';
    return element('p', {}, element('code', {}, field), ` ${scheme.description}`);
  });
  const section = document.getElementById('access');
  section.append(...items);
  section.hidden = items.length === 0;
}

/** Paragraphs, with what stands between backquotes as code. */
function prose(text) {
  return text.split('\n\n').map((paragraph) => {
    const parts = paragraph.split('`');
    return element('p', {}, ...parts.map((part, i) => (i % 2 ? element('code', {}, part) : part)));
  });
}

function operationPanel(path, method, operation) {
  const heading = [
    element('span', { className: `method ${method}` }, method.toUpperCase()),
    element('span', { className: 'path' }, path),
    element('span', { className: 'summary' }, operation.summary),
  ];
  const panel = lazyPanel(heading, () => [
    ...(operation.requestBody ? [element('h3', {}, 'Request body'), requestLink(operation)] : []),
    element('h3', {}, 'Answers'),
    answerTable(operation, (status) => status === '200'),
    element(
      'details',
      { className: 'errors' },
      element('summary', {}, 'Errors'),
      answerTable(operation, (status) => status !== '200'),
    ),
    element('h3', {}, 'Try it'),
    tryForm(path, method, operation),
  ]);
  panel.dataset.text = `${method} ${path} ${operation.summary} ${operation.tags}`.toLowerCase();
  return panel;
}

/** A panel whose inside is made when it is opened first: there may be thousands. */
function lazyPanel(heading, makeBody) {
  const panel = element('details', {}, element('summary', {}, ...heading));
  const fill = () => panel.append(element('div', { className: 'body' }, ...makeBody()));
  panel.addEventListener('toggle', fill, { once: true });
  return panel;
}

function answerTable({ responses }, isShown) {
  const shown = Object.entries(responses).filter(([status]) => isShown(status));
  const rows = shown.map(([status, { description, content = {} }]) => {
    const bodies = Object.entries(content).flatMap(([type, { schema }]) => [
      ...(schema ? schemaLinks(schema) : [type]),
      ' ',
    ]);
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, status),
      element('td', {}, description),
      element('td', {}, ...bodies),
    );
  });
  return element('table', {}, element('tbody', {}, ...rows));
}

function requestLink({ requestBody }) {
  const { schema } = requestBody.content['application/json'];
  const optional = requestBody.required ? '' : ' (may be left out)';
  return element('p', {}, ...schemaLinks(schema), optional);
}

function schemaLinks(schema) {
  if (schema.anyOf) return schema.anyOf.flatMap((one) => [...schemaLinks(one), ' ']);
  const name = schemaName(schema);
  const link = element('a', { href: `#schema-${name}` }, name);
  link.addEventListener('click', () => {
    document.getElementById(`schema-${name}`).open = true;
  });
  return [link];
}

function schemaName({ $ref }) {
  return $ref.slice('#/components/schemas/'.length);
}

function tryForm(path, method, operation) {
  const inputs = pathParameters(operation).map(({ name, example, schema }) => {
    const input = element('input', { value: example ?? '', name, placeholder: name });
    input.pattern = schema.pattern ?? '';
    return input;
  });
  const fields = inputs.map((input) => element('label', {}, input.name, input));
  const area = operation.requestBody && bodyArea(operation.requestBody);
  const output = element('div', {});
  output.setAttribute('aria-live', 'polite');
  const button = element('button', { type: 'button' }, 'Send');
  button.addEventListener('click', async () => {
    button.disabled = true;
    const target = inputs.reduce(
      (text, { name, value }) => text.replace(`{${name}}`, () => value),
      path,
    );
    const headers = accessFields();
    await send(target, { method: method.toUpperCase(), headers, body: area?.value }, output);
    button.disabled = false;
  });
  return element(
    'div',
    { className: 'try' },
    ...(fields.length > 0 ? [element('div', { className: 'fields' }, ...fields)] : []),
    ...(area ? [element('label', {}, 'Body', area)] : []),
    button,
    output,
  );
}

function pathParameters({ parameters = [] }) {
  return parameters.filter((parameter) => parameter.in === 'path');
}

function bodyArea({ content }) {
  const { schema } = content['application/json'];
  const example = openApi.components.schemas[schemaName(schema)]?.examples?.[0];
  const area = element('textarea', {
    spellcheck: false,
    placeholder: 'JSON; tensors that are large or of 16-bit floats have no example',
    value: example === undefined ? '' : formatted(JSON.stringify(example)),
  });
  area.rows = Math.min(Math.max(area.value.split('\n').length, 4), 24);
  return area;
}

async function send(target, options, output) {
  const started = performance.now();
  try {
    const response = await fetch(target, options);
    const text = await response.text();
    const ms = (performance.now() - started).toFixed(1);
    const className = response.ok ? 'good' : 'bad';
    output.replaceChildren(
      element('p', { className }, `${response.status} ${response.statusText}, ${ms} ms`),
      ...(text === '' ? [] : [element('pre', {}, formatted(text))]),
    );
  } catch (error) {
    output.replaceChildren(element('p', { className: 'bad' }, error.message));
  }
}

/** JSON with line breaks, lists of numbers in one line; other text as it is. */
function formatted(text) {
  try {
    const spread = JSON.stringify(JSON.parse(text), undefined, 2);
    return spread.replace(
      /\[\s+([^[\]{}"]*?)\s+\]/g,
      (_, items) => `[${items.replace(/\s+/g, ' ')}]`,
    );
  } catch {
    return text;
  }
}

function filter({ target }) {
  const wanted = target.value.toLowerCase();
  for (const section of document.querySelectorAll('.tag')) {
    const panels = [...section.querySelectorAll(':scope > details')];
    for (const panel of panels) panel.hidden = !panel.dataset.text.includes(wanted);
    section.hidden = panels.every((panel) => panel.hidden);
  }
}

function element(name, properties, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}
