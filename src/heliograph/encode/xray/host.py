"""Where a segment's service runs: `origin`, `service`, hosts in `aws` (xray spec 10.3, 10.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .attributes import text_of, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .attributes import Attributes
    from .role import Role

ORIGINS = {
    "aws_ec2": "AWS::EC2::Instance",
    "aws_ecs": "AWS::ECS::Container",
    "aws_elastic_beanstalk": "AWS::ElasticBeanstalk::Environment",
    "aws_eks": "AWS::EKS::Container",
    "aws_app_runner": "AWS::AppRunner::Service",
    "aws_lambda": "AWS::Lambda::Function",
}
LAUNCH_TYPES = {"ec2": "AWS::ECS::EC2", "fargate": "AWS::ECS::Fargate"}

EC2 = (
    ("instance_id", "host.id"),
    ("availability_zone", "cloud.availability_zone"),
    ("instance_size", "host.type"),
    ("ami_id", "host.image.id"),
)
ECS = (
    ("container", "container.name"),
    ("container_id", "container.id"),
    ("availability_zone", "cloud.availability_zone"),
    ("container_arn", "aws.ecs.container.arn"),
    ("cluster_arn", "aws.ecs.cluster.arn"),
    ("task_arn", "aws.ecs.task.arn"),
    ("task_family", "aws.ecs.task.family"),
    ("launch_type", "aws.ecs.launchtype"),
)
EKS = (
    ("cluster_name", "k8s.cluster.name"),
    ("pod", "k8s.pod.name"),
    ("container_id", "container.id"),
)


def origin_of(resource: Mapping[str, object], role: Role) -> str:
    """Return a segment's `origin`, or `""`.

    Lambda's own origin is for a trace that Lambda has no segment in: beside that it would make a
    second node of the same kind (xray spec 4.4, 10.4).
    """
    if not role.segment or text_of(resource, "cloud.provider") not in ("", "aws"):
        return ""
    platform = text_of(resource, "cloud.platform")
    if platform == "aws_lambda" and role.lambda_segment:
        return ""
    if platform == "aws_ecs":
        launched = text_of(resource, "aws.ecs.launchtype").lower()
        return LAUNCH_TYPES.get(launched, ORIGINS[platform])
    return ORIGINS.get(platform, "")


def service_of(resource: Mapping[str, object]) -> dict[str, object]:
    """Return a segment's `service`: the version that was deployed, or `{}` (xray spec 6)."""
    version = text_of(resource, "service.version", "container.image.tag")
    tags = resource.get("container.image.tags")
    if not version and isinstance(tags, Sequence) and tags and isinstance(tags[0], str):
        version = tags[0]
    return {"version": version} if version else {}


def host_of(attributes: Attributes, resource: Mapping[str, object]) -> dict[str, object]:
    """Return what a segment's `aws` says about the host."""
    platform = text_of(resource, "cloud.platform")
    block: dict[str, object] = {}
    if platform == "aws_ec2" or text_of(resource, "host.id"):
        block["ec2"] = _fields(resource, EC2)
    if platform == "aws_ecs":
        block["ecs"] = _fields(resource, ECS)
    if platform == "aws_elastic_beanstalk" and text_of(resource, "service.instance.id"):
        block["elastic_beanstalk"] = _beanstalk(resource)
    if platform == "aws_eks" or text_of(resource, "k8s.cluster.name"):
        block["eks"] = _fields(resource, EKS)
    if groups := _log_groups(resource):
        block["cloudwatch_logs"] = groups
    if platform == "aws_lambda":
        block.update(lambda_of(attributes, resource))
        if name := text_of(resource, "faas.name"):
            block["resource_names"] = [name]
    return {field: value for field, value in block.items() if value}


def lambda_of(attributes: Attributes, resource: Mapping[str, object]) -> dict[str, object]:
    """Return the function's ARN and the invocation's id (xray spec 10.3)."""
    found: dict[str, object] = {}
    if request := attributes.text("faas.invocation_id"):
        found["request_id"] = request
    arn = attributes.text("cloud.resource_id") or text_of(resource, "cloud.resource_id")
    if arn:
        found["function_arn"] = arn
    return found


def _fields(
    resource: Mapping[str, object], table: tuple[tuple[str, str], ...]
) -> dict[str, object]:
    found = ((field, text_of(resource, key)) for field, key in table)
    return {field: value for field, value in found if value}


def _beanstalk(resource: Mapping[str, object]) -> dict[str, object]:
    block = _fields(
        resource, (("environment_name", "service.namespace"), ("version_label", "service.version"))
    )
    block["deployment_id"] = whole(resource.get("service.instance.id")) or 0
    return block


def _log_groups(resource: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the log groups; an ARN's seventh field is the group's name (xray spec 10.3)."""
    groups: list[dict[str, object]] = []
    for arn in _several(resource.get("aws.log.group.arns")):
        parts = arn.split(":")
        groups.append({"log_group": parts[6], "arn": arn} if len(parts) > 6 else {"arn": arn})
    if groups:
        return groups
    return [{"log_group": name} for name in _several(resource.get("aws.log.group.names"))]


def _several(value: object) -> list[str]:
    if isinstance(value, str):
        return [part for part in value.split("&") if part]
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [part for part in value if part and isinstance(part, str)]
    return []
