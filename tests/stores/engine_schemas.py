"""What three engines say their requests look like, as JSON Schema, written by hand from the sources named."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def fields(required: list[str] | None = None, **properties: Schema) -> Schema:
    """An object with these fields and no others."""
    return {"type": "object", "properties": properties, "required": required or [], "additionalProperties": False}


def one_of(*values: str) -> Schema:
    return {"enum": list(values)}


WHOLE: Schema = {"type": "integer"}
TEXT: Schema = {"type": "string"}
TRUTH: Schema = {"type": "boolean"}
BYTES: Schema = {"type": "array", "items": {"type": "integer", "minimum": -128, "maximum": 127}, "minItems": 1}
KEYWORD = fields(["type"], type=one_of("keyword"))
TERM = fields(["term"], term={"type": "object", "minProperties": 1, "maxProperties": 1})


def mapping(code: Schema, **more: Schema) -> Schema:
    """The body that makes an index with a field ``code`` and others of keywords."""
    properties = {"type": "object", "properties": {"code": code}, "additionalProperties": KEYWORD, "required": ["code"]}
    return fields(["mappings", *more], mappings=fields(["properties"], properties=properties), **more)


def document(code: Schema) -> Schema:
    return {"type": "object", "properties": {"code": code}, "additionalProperties": TEXT, "required": ["code"]}


# elastic/elasticsearch-specification: specification/_types/mapping/DenseVectorProperty.ts (commit 04d59c06),
# specification/_types/Knn.ts (commit 00b9acd5); bit vectors have a multiple of 8 dimensions and only l2_norm
ELASTICSEARCH = {
    "mapping": mapping(
        fields(
            ["type"],
            type=one_of("dense_vector"),
            dims={"type": "integer", "maximum": 4096, "multipleOf": 8},
            element_type=one_of("bit"),
            index=TRUTH,
            similarity=one_of("l2_norm"),
            index_options=fields(["type"], type=one_of("hnsw", "flat"), m=WHOLE, ef_construction=WHOLE),
        )
    ),
    "document": document(BYTES),
    "search": fields(
        ["knn"],
        knn=fields(["field"], field=TEXT, query_vector=BYTES, k=WHOLE, num_candidates=WHOLE, filter=TERM),
        size=WHOLE,
        _source=TRUTH,
    ),
}

# opensearch-project/opensearch-api-specification (commit fbe9edeb): KnnVectorProperty and KnnVectorMethod in
# spec/schemas/_common.mapping.yaml, KnnQuery in spec/schemas/_common.query_dsl.yaml; the words that space_type,
# data_type and engine take, from the documentation of k-NN vectors
OPENSEARCH = {
    "mapping": mapping(
        fields(
            ["type", "dimension"],
            type=one_of("knn_vector"),
            dimension={"type": "integer", "multipleOf": 8},
            data_type=one_of("binary"),
            space_type=one_of("hamming"),
            method=fields(["name"], name=one_of("hnsw", "ivf"), engine=one_of("faiss"), parameters={"type": "object"}),
        ),
        settings=fields(["index"], index=fields(["knn"], knn={"const": True})),
    ),
    "document": document(BYTES),
    "search": fields(
        ["query"],
        query=fields(["knn"], knn=fields(["code"], code=fields(["vector"], vector=BYTES, k=WHOLE, filter=TERM))),
        size=WHOLE,
        _source=TRUTH,
    ),
}

# docs.vespa.ai: reference/schemas/document-json-format (put, tensors as hexadecimal digits), reference/querying/yql
# (nearestNeighbor, targetHits, approximate), the query API (yql, input.query(name), ranking, hits)
VESPA = {
    "document": fields(
        ["put", "fields"],
        put={"type": "string", "pattern": "^id:[^:]+:[^:]+::.+$"},
        fields=document(fields(["values"], values={"type": "string", "pattern": "^([0-9a-f]{2})+$"})),
    ),
    "search": {
        "type": "object",
        "properties": {
            "yql": {
                "type": "string",
                "pattern": r"^select .+ from \w+ where \{targetHits:\d+, approximate:(true|false)\}"
                r"nearestNeighbor\(\w+, \w+\)( and .+)?$",
            },
            "ranking": TEXT,
            "hits": WHOLE,
        },
        "patternProperties": {r"^input\.query\(\w+\)$": BYTES},
        "required": ["yql", "ranking"],
        "additionalProperties": False,
    },
}
