// SPDX-License-Identifier: Apache-2.0
// Checks Kubernetes objects by the schemas of Kubernetes' own API, as the package kubernetes-models has them.
import * as models from 'kubernetes-models';
import { parseAllDocuments } from 'yaml';

/** The documents of a YAML file; throws where it is none, or names a key twice. */
export function documents(text) {
    return parseAllDocuments(text).map((document) => {
        if (document.errors.length > 0) throw document.errors[0];
        return document.toJS({ maxAliasCount: 100 });
    });
}

/** Such schemas let pass what they do not know, as a misspelt field. The validator reads every field that it knows: so the others show. */
function watch(value, path, watched) {
    if (value === null || typeof value !== 'object') return value;
    const read = new Map();
    watched.push({ path, value, read });
    return new Proxy(value, {
        get(target, key) {
            if (typeof key === 'symbol' || !Object.hasOwn(target, key) || (Array.isArray(target) && key === 'length')) return target[key];
            if (!read.has(key)) read.set(key, watch(target[key], `${path}/${key}`, watched));
            return read.get(key);
        },
    });
}

const kind = ({ apiVersion, kind: name }) => {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    return Object.values(models).flatMap((folder) => Object.values(folder?.[version] ? folder[version] : folder ?? {}))
        .find((model) => model?.apiVersion === apiVersion && model?.kind === name) ?? { missing: `${group}/${version} ${name}` };
};

/** What is wrong with an object: nothing, when it is right. */
export function faults(object) {
    const Model = kind(object);
    if (Model.missing) return [`Kubernetes has no ${Model.missing}`];
    const watched = [];
    try {
        watch(new Model(object), '', watched).validate();
    } catch (error) {
        return [error.message];
    }
    return watched.flatMap(({ path, value, read }) => Object.keys(value).filter((key) => !read.has(key)).map((key) => `${path}/${key} is unknown`));
}
