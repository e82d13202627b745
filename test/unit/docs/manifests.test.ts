/**
 * The manifests of examples/engines beside the published API of Kubernetes: as values of its types, in which a field that is
 * misspelled, misplaced or of another kind is an error. And what a kubelet checks that no type says.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const read = (name: string): unknown => parse(readFileSync(join(root, 'examples/engines', name), 'utf8'));

const types = {
  'pod.yaml': { type: 'Pod', from: 'kubernetes-types/core/v1' },
  'deployment.yaml': { type: 'Deployment', from: 'kubernetes-types/apps/v1' },
} as const;

/** Slips that make no manifest. */
const slips = [
  ['"readOnlyRootFilesystem":true', '"readOnlyRootFileSystem":true'],
  ['"containerPort":8080', '"containerPort":"8080"'],
  ['"emptyDir"', '"emptydir"'],
] as const;

/** What the compiler says of each value of a type. */
function errorsOf(values: readonly { name: keyof typeof types; json: string }[]): string[][] {
  const path = join(root, 'test/unit/docs/manifest.ts');
  const lines = values.map(({ name, json }, index) => {
    const { type, from } = types[name];
    return `export const manifest${index}: import('${from}').${type} = ${json};`;
  });
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es5.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === path || fileExists.call(host, file);
  host.getSourceFile = (file, target, ...more) =>
    file === path
      ? ts.createSourceFile(file, lines.join('\n'), target)
      : getSourceFile.call(host, file, target, ...more);
  const found = values.map((): string[] => []);
  for (const { messageText, file, start } of ts.getPreEmitDiagnostics(ts.createProgram([path], options, host))) {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line;
    found[line]!.push(ts.flattenDiagnosticMessageText(messageText, '\n'));
  }
  return found;
}

interface Spec {
  terminationGracePeriodSeconds: number;
  volumes: { name: string }[];
  containers: {
    ports: { name: string }[];
    volumeMounts: { name: string; mountPath: string }[];
    [probe: string]: unknown;
  }[];
}

describe.each(['pod.yaml', 'deployment.yaml'] as const)('%s', (name) => {
  it('is what the API takes, and would not be with a slip in it', () => {
    const json = JSON.stringify(read(name));
    const values = [json, ...slips.map(([right, wrong]) => json.replace(right, wrong))].map((text) => ({
      name,
      json: text,
    }));
    expect(new Set(values.map((value) => value.json)).size).toBe(values.length);
    const [errors, ...ofSlips] = errorsOf(values);
    expect(errors).toEqual([]);
    expect(ofSlips.map((found) => found.length)).toEqual(slips.map(() => 1));
  });

  it('names only what is there, and leaves services the time that they may take', () => {
    const manifest = read(name) as { spec: Spec & { template?: { spec: Spec } } };
    const spec = manifest.spec.template?.spec ?? manifest.spec;
    const volumes = spec.volumes.map((volume) => volume.name);
    for (const container of spec.containers) {
      expect(container.volumeMounts.map((mount) => mount.name).sort()).toEqual([...volumes].sort());
      const ports = container.ports.map((port) => port.name);
      for (const { httpGet } of Object.values(container).filter((part) => Object(part).httpGet) as {
        httpGet: { port: string };
      }[])
        expect(ports).toContain(httpGet.port);
    }
    const unit = readFileSync(join(root, 'examples/engines/web.service'), 'utf8');
    const stopSec = Number(/^TimeoutStopSec=(\d+)s$/m.exec(unit)?.[1]);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(stopSec);
  });
});

it('deployment.yaml selects the pods that it makes', () => {
  const { spec } = read('deployment.yaml') as {
    spec: { selector: { matchLabels: object }; template: { metadata: { labels: object } } };
  };
  expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
});
