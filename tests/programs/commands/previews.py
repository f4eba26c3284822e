"""What a preview's JSON holds."""


def impact(plan: dict) -> dict:
    """The impact in a preview."""
    inputs = (step.get("newState", {}).get("inputs", {}) for step in plan["steps"])
    return next(each["impact"] for each in inputs if "impact" in each)
