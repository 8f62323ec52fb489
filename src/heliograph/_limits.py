"""Limits as constants, each with its source.

Limits of AWS services come from shared specifications that cite the AWS documentation; limits of
ours are what keeps a function's memory bounded whatever it does.
"""

# -- the journal (ours): bounded copies, never a live reference to a large value -------------------
MAX_STRING = 2048
"""Characters kept of a string."""
MAX_ITEMS = 32
"""Entries kept of a list, tuple, set or mapping."""
MAX_DEPTH = 6
"""Levels kept of nested containers."""
MAX_NODES = 512
"""Containers visited for one copy: bounds the time of a copy as well as its size."""
MAX_FRAMES = 50
"""Frames kept of an exception's stack; the innermost and the outermost ones win."""
MAX_CHAIN = 8
"""Exceptions kept of a chain of causes."""
MAX_ENTRIES = 2000
"""Entries of a journal before it is developed early, in line."""
MAX_OPS = 1000
"""Calls recorded on one span (attributes, events, links ...) before the rest is counted only."""
MAX_MEASUREMENTS = 10_000
"""Measurements of a journal before it is developed early, in line."""

# -- Lambda ---------------------------------------------------------------------------------------
MAX_RESPONSE_BYTES = 6_291_556
"""6 MiB + 100 bytes: a larger buffered response is refused with 413 (lifecycle 1.10)."""

# -- X-Ray ----------------------------------------------------------------------------------------
XRAY_DATAGRAM_BYTES = 65_507
"""Largest IPv4 UDP payload; the header line counts (xray 1.1)."""
XRAY_DOCUMENT_BYTES = 64_000
"""Budget of one document, under the service's 64 KB (xray 1.1, 1.4)."""
XRAY_ANNOTATIONS = 50
"""Indexed annotations of a trace (xray 1.4)."""
XRAY_ANNOTATION_KEY = 500
"""Characters of an annotation key (xray 1.4)."""
XRAY_ANNOTATION_VALUE = 1000
"""Characters of an annotation value (xray 1.4)."""
XRAY_NAME = 200
"""Characters of a segment's or subsegment's name (xray 1.4)."""
XRAY_STRING = 250
"""Characters of other strings of a document: user, sql.url (xray 1.4)."""
XRAY_LINKS = 20
"""Linked traces of a segment (xray 1.4)."""
XRAY_FRAMES = 50
"""Frames of a stack in `cause`, the innermost kept (xray 9.2)."""

# -- CloudWatch embedded metric format -----------------------------------------------------------
EMF_METRICS = 100
"""Metric definitions of a directive (emf 1)."""
EMF_VALUES = 100
"""Values of a metric's array (emf 1)."""
EMF_DIMENSIONS = 30
"""Dimensions of a set (emf 1)."""
EMF_RECORD_BYTES = 200_000
"""Budget of a record, under the 256 KB that every region takes (emf 1, 12)."""
EMF_DIMENSION_NAME = 250
"""Characters of a dimension's name (emf 1)."""
EMF_DIMENSION_VALUE = 1024
"""Characters of a dimension's value (emf 1)."""
EMF_METRIC_NAME = 255
"""Characters of a metric's name (emf 1)."""
EMF_NAMESPACE = 255
"""Characters of a namespace (emf 1)."""
EMF_NUMBER = 2.0**360
"""Largest magnitude of a value (emf 1)."""
