import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFlags } from './flags/parse-flags.js';
import { settingsFromFlags } from './settings-from-flags.js';
import { settingsFromOptions } from './settings-from-options.js';
import { DEFAULT_TRACE_SETTINGS, parseTraceLevels } from './trace-start-settings.js';

function traceSettings(...flags: string[]) {
  return settingsFromFlags(parseFlags(flags)).trace;
}

describe('the trace settings of a command line', () => {
  it('are off by default', () => {
    assert.deepEqual(traceSettings(), DEFAULT_TRACE_SETTINGS);
  });

  it('are those of the chosen mode', () => {
    const options = [
      '--trace-config=triton,file=t.json',
      '--trace-config=triton,log-frequency=50',
      '--trace-config=opentelemetry,url=http://c/x,y=z',
      '--trace-config=opentelemetry,resource=a=b',
      '--trace-config=opentelemetry,resource=c=d',
      '--trace-config=rate=5',
      '--trace-config=count=7',
    ];
    const triton = traceSettings(...options);
    assert.deepEqual(triton, {
      ...DEFAULT_TRACE_SETTINGS,
      rate: 5,
      count: 7,
      file: 't.json',
      logFrequency: 50,
    });
    const { mode, exporter } = traceSettings(...options, '--trace-config=mode=opentelemetry');
    assert.equal(mode, 'opentelemetry');
    assert.deepEqual(exporter, [
      ['url', 'http://c/x,y=z'],
      ['resource', 'a=b'],
      ['resource', 'c=d'],
    ]);
  });

  it('are taken from the deprecated flags where --trace-config is silent', () => {
    const deprecated = ['--trace-level=tensors', '--trace-rate=3', '--trace-log-frequency=9'];
    const { levels, rate, logFrequency } = traceSettings(...deprecated, '--trace-config=rate=4');
    assert.deepEqual([levels, rate, logFrequency], [['TENSORS'], 4, 9]);
    const { levels: off } = traceSettings(...deprecated, '--trace-config=level=off');
    assert.deepEqual(off, []);
  });

  it('are refused when they are out of range or nobody knows them', () => {
    const refused = [
      ['rate=-1', /Invalid option value\. Got -1/],
      ['count=-2', /Invalid option value\. Got -2/],
      ['rate=4294967296', /Got 4294967296/],
      ['triton,log-frequency=1.5', /"--trace-config triton,log-frequency"/],
      ['triton,frob=1', /unknown setting 'frob' of the mode triton/],
      ['=1', /No trace mode specified/],
    ] as const;
    for (const [option, text] of refused) {
      assert.throws(() => traceSettings(`--trace-config=${option}`), text);
    }
  });

  it('have library options of the same meaning', () => {
    const { trace } = settingsFromOptions({
      modelRepository: '/m',
      trace: { levels: ['TENSORS'] },
    });
    assert.deepEqual(trace, { ...DEFAULT_TRACE_SETTINGS, levels: ['TENSORS'] });
  });
});

describe('level words', () => {
  it('are read in any case, and the old ones, too', () => {
    assert.deepEqual(parseTraceLevels(['Tensors', 'on']), ['TIMESTAMPS', 'TENSORS']);
    for (const word of ['true', 'MIN', 'max']) {
      assert.deepEqual(parseTraceLevels([word]), ['TIMESTAMPS']);
    }
  });

  it('turn all off as soon as one does', () => {
    assert.deepEqual(parseTraceLevels(['TENSORS', 'OFF', 'TIMESTAMPS']), []);
    assert.deepEqual(parseTraceLevels(['false']), []);
  });
});
