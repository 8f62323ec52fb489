"""Limits of AWS services as constants, each with its source; ours are the journal's.

They come from specifications that cite the AWS documentation.
"""

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
EMF_TEXT, EMF_ITEMS, EMF_DEPTH = 2048, 32, 6
"""Characters, entries and levels kept of a property's value (ours)."""
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
